-- Prints the verdict of each item of a batch, and a summary.
--
-- Verdicts go to standard output, one line per item (at a terminal only for few items), and the
-- summary to standard error.

local duration = require "mde.base.duration"
local failure = require "mde.program.exit"
local item_line = require "mde.program.terminal.item_line"
local output = require "mde.program.terminal.output"
local show_table = require "mde.program.terminal.table"
local system = require "mde.program.system"
local verdicts = require "mde.service.verdicts"
local words = require "mde.program.batch.words"

local Report = {}
Report.__index = Report

local report = {}

local FEW = 10  -- items that a terminal shows one by one

local KEYS = { "tenant", "id", "machine", "verdict", "status", "code", "error", "request_id",
               "batch" }
local LAUNCH_KEYS = { "tenant", "id", "machine", "verdict", "action", "type", "status", "code",
                      "error", "active_action_id", "request_id", "batch" }
local REQUEST_KEYS = { "tenant", "id", "verdict", "answer", "code", "error", "request_id", "batch" }

-- Returns the command that runs mde again for the same tenant.
function report.program(profile)
  return profile and "mde -p " .. profile or "mde"
end

local function keys_of(change)
  return words.is_launch(change) and LAUNCH_KEYS or words.has_answer(change) and REQUEST_KEYS
         or KEYS
end

-- Creates a report on `total` items of a client's tenant, as JSON or text; `batch` is the batch's
-- name (nil: no journal keeps it), `change` its change. If not `is_shown`, nothing is printed.
function report.new(session, total, as_json, batch, is_shown, change)
  return setmetatable({
    subject = words.subject(change), keys = keys_of(change),
    show_item = nil,    -- shows an item instead of its line
    tenant = session.tenant, total = total, as_json = as_json, batch = batch,
    program = report.program(session.profile),
    is_shown = is_shown,
    lists_items = is_shown and (as_json or total <= FEW or not system.terminal.is_terminal(1)),
    counts = {},        -- verdict -> how many
    reported = 0,
    machine = nil,      -- of the last item
    causes = {},        -- exit status -> true, for each that a single item would give
    reasons = {}, order = {},  -- of failures: text -> { count, example }
    permissions = nil,  -- of which any one suffices
    codes = {},         -- of errors -> how many
    failure = nil,      -- the last error of the service, the network or the sign-in
  }, Report)
end

local function json_item(self, item)
  local action, err = item.action or {}, item.error or {}
  local object = {
    tenant = self.tenant, id = item.id, machine = item.machine, verdict = item.verdict,
    status = item.status, code = err.code, error = err.message, request_id = err.request_id,
    batch = self.batch,
  }
  if self.keys == LAUNCH_KEYS then
    object.action, object.type, object.active_action_id = action.id, action.type,
      err.active_action_id
  elseif self.keys == REQUEST_KEYS then
    object.answer = item.answer
  end
  output.record(object, self.keys)
end

-- Returns the action that was launched for an item, as text for people.
local function launched(item)
  local action = item.action
  if not action or not action.id or action.id:lower() == item.id then return nil end
  return ("%s %s %s%s"):format(action.type or "?", action.id, action.status or "?",
    item.verdict == "existing" and " by " .. (action.requestor or "?") or "")
end

local function text_item(self, item)
  local parts = { item.machine ~= item.id and item.machine or nil }
  local detail = item.error and tostring(item.error) or item.detail or launched(item)
                 or item.verdict == "already_final" and item.status
  if detail then parts[#parts + 1] = "(" .. detail .. ")" end
  output.text(item_line(item.verdict, item.id, parts))
  if type(item.answer) == "table" and self.keys == REQUEST_KEYS then
    output.json(item.answer)
  end
  local active = (item.error or {}).active_action_id
  if active then
    output.note("   It is blocked by another action: see mde show %s, or mde cancel %s.", active,
      active)
  end
end

-- Groups a failure with those of the same reason, apart from ids.
function Report:note_reason(item)
  local err = item.error
  if not err then return end
  self.permissions = self.permissions or err.permissions
  self.codes[err.code] = (self.codes[err.code] or 0) + 1
  if failure.of_item(err) ~= failure.some then self.failure = err end
  local text = ("%s: %s"):format(item.verdict, err.message):gsub("%x+%-%x+%-%x+%-%x+%-%x+", "…")
  local reason = self.reasons[text]
  if not reason then
    if #self.order >= 100 then return end
    reason = { count = 0, example = item.id }
    self.reasons[text], self.order[#self.order + 1] = reason, text
  end
  reason.count = reason.count + 1
end

-- Counts an item { id, verdict, machine?, status?, action?, error?, detail? } and prints
-- it; raises if that fails.
function Report:item(item)
  local is_expected = not self.is_shown
                      and (item.verdict == "already_final" or item.verdict == "changed")
  local status = is_expected and 0 or failure.of_verdict(item.verdict, item.error, self.waited)
  self.reported = self.reported + 1
  self.counts[item.verdict] = (self.counts[item.verdict] or 0) + 1
  self.machine = item.machine
  if status then self.causes[status] = true end
  self:note_reason(item)
  if not self.lists_items then return end
  if self.show_item then self.show_item(item)
  elseif self.as_json then json_item(self, item)
  else text_item(self, item) end
  output.flush()
end

-- Shows each item by this function instead of its line; with false, none is shown.
function Report:show_items(show_item)
  self.show_item, self.lists_items = show_item, show_item ~= false
end

-- Counts items that were not sent.
function Report:unsent(count)
  if count > 0 then self.counts.unsent = (self.counts.unsent or 0) + count end
end

-- Returns the exit status of all items.
function Report:status()
  if self.counts.unsent then
    local status = failure.of_all(self.causes)
    return status == 0 and failure.some or status
  end
  return failure.of_all(self.causes)
end

-- Returns what to do next; `is_short`: in a table, below which the permissions are.
function Report:next_step(verdict, is_short)
  local row = verdicts.row[verdict]
  local own = self.subject == "request" and row.request or row.next
  local step = self.batch and own and own:format(self.batch) or row.alone or own or ""
  if verdict == "forbidden" then
    step = is_short and "grant a permission; then " .. step
      or ("grant the application %s; then %s"):format(self.permissions and "any of "
        .. table.concat(self.permissions, ", ") or "the missing permission", step)
  end
  return (step:gsub("%f[%w]mde ", function() return self.program .. " " end))
end

local COLUMNS = { { title = "VERDICT" }, { title = "COUNT", right = true }, { title = "NEXT" } }

function Report:show_verdicts()
  local rows = {}
  for _, verdict in ipairs(verdicts.names) do
    local count = self.counts[verdict]
    rows[#rows + 1] = count and { verdict, ("%d"):format(count), self:next_step(verdict, true) }
  end
  if rows[1] then show_table(COLUMNS, rows, 2) end
end

function Report:show_reasons()
  table.sort(self.order, function(a, b)
    return self.reasons[a].count > self.reasons[b].count
           or self.reasons[a].count == self.reasons[b].count and a < b
  end)
  for i, text in ipairs(self.order) do
    if i > 5 then
      return output.note("… and %d more reasons", #self.order - 5)
    end
    local reason = self.reasons[text]
    local shown = text:gsub("%.$", "")
    output.note("%d %s, such as %s", reason.count, shown, reason.example)
  end
end

-- Prints the next step of a single item, which was shown, if there is one.
function Report:next_of_one()
  local step = self:next_step(next(self.counts))
  if step ~= "" then output.note("Next: %s", step) end
end

-- Prints how to release the machines of isolations that may have begun before they were cancelled.
-- `isolations`: see Batch:cancelled_isolations.
function Report:show_isolations(isolations)
  local begun, unknown = isolations.InProgress or 0, isolations[""] or 0
  if begun > 0 then
    output.note("%d cancelled isolation%s InProgress and may have taken effect; to release:\n"
      .. "   %s undo %s -m REASON", begun, begun == 1 and " was" or "s were", self.program,
      self.batch or "…")
  end
  if unknown > 0 then
    output.note("If %s had begun, its machine may still be isolated; to release it:\n"
      .. "   %s unisolate %s -m REASON", unknown == 1 and "the cancelled isolation"
      or ("any of %d cancelled isolations"):format(unknown), self.program,
      self.total == 1 and self.machine or "MACHINE")
  end
end

-- Prints the verdicts and the next steps. A single item that `is_over` has no table. `isolations`:
-- see Batch:cancelled_isolations.
function Report:summary(seconds, is_over, isolations)
  local is_one = self.total == 1 and is_over and self.lists_items
  if is_one then
    self:next_of_one()
  else
    local ended = -(self.counts.unsent or 0)
    for _, count in pairs(self.counts) do ended = ended + count end
    output.note("%d of %d %ss in %s:", ended, self.total, self.subject, duration.text(seconds))
    self:show_verdicts()
    self:show_reasons()
    if self.permissions then
      output.note("Any of these permissions suffices: %s", table.concat(self.permissions, ", "))
    end
  end
  self:show_isolations(isolations)
  if is_one then return end
  if not self.batch then
    return output.note("The store was memory: this batch is not kept.")
  end
  output.note("Batch %s: mde batch show %s\nReport: mde batch report %s --html > report.html",
    self.batch, self.batch, self.batch)
end

return report
