-- What became of each action of a cancel: a line an item on standard output,
-- and in the end a summary on standard error.

local cjson = require "cjson"
local failure = require "mde.cli.failure"
local output = require "mde.cli.output"
local terminal = require "mde.terminal"

local Report = {}
Report.__index = Report

local report = {}

-- What is left to do, for those with anything left.
local ADVICE = {
  already_final = "had ended before: there was nothing to cancel",
  too_late = "are Cancelled, but their commands had completed: see `mde show ID`",
  accepted = "are taken, and not final yet: look again later",
  not_found = "are not known to the service: check ids and tenant",
  forbidden = "need a permission that is not there",
  error = "were refused: the reason stands beside each",
  unsent = "never went out: the same command again sends them, if the cause is gone",
  unknown = "went out, or may have, and nobody could be asked: the same command again settles them",
}

local KEYS = { "tenant", "id", "machine", "verdict", "status", "error", "request_id" }

-- A report on `total` actions of a tenant (nil if not known), as JSON or text.
function report.new(tenant, total, as_json)
  return setmetatable({
    tenant = tenant, total = total, as_json = as_json,
    counts = {},        -- verdict -> how many
    reported = 0,
    causes = {},        -- exit status -> true, for each that an item alone would give
    isolations = 0,     -- of those cancelled
  }, Report)
end

local function json_item(self, item)
  local object = {
    tenant = self.tenant, id = item.id, machine = item.machine, verdict = item.verdict,
    status = item.status, error = item.error and item.error.message,
    request_id = item.error and item.error.request_id,
  }
  for _, key in ipairs(KEYS) do
    if object[key] == nil then object[key] = cjson.null end
  end
  output.json(object, KEYS)
end

local function text_item(item)
  local parts = { ("%-17s"):format(item.verdict), item.id, item.machine }
  local detail = item.error and tostring(item.error) or item.detail
                 or item.verdict == "already_final" and item.status
  if detail then parts[#parts + 1] = "(" .. detail .. ")" end
  output.line(terminal.printable(table.concat(parts, " ")))
end

-- The exit status that an item alone would give; nil for one that was held back
-- because of another.
local function exit_status(item)
  if require("mde.verdict").good[item.verdict] then return 0 end
  if item.verdict == "unsent" and not item.error then return nil end
  local status = item.error and failure.status(item.error)
  return (status == failure.sign_in or status == failure.failed) and status or failure.some
end

-- Counts an item { id, verdict, machine?, status?, action?, error?, detail? } and prints
-- it; raises when that fails.
function Report:item(item)
  local status = exit_status(item)
  self.reported = self.reported + 1
  self.counts[item.verdict] = (self.counts[item.verdict] or 0) + 1
  if status then self.causes[status] = true end
  if item.verdict == "cancelled" and item.action.type == "Isolate" then
    self.isolations = self.isolations + 1
  end
  if self.as_json then json_item(self, item) else text_item(item) end
  output.flush()
end

-- 0 when all is as asked; 4 or 5 when nothing was done and only for that reason;
-- else 1.
function Report:status()
  local status = next(self.causes)
  if not status or next(self.causes, status) then return failure.some end
  if status == 0 and self.counts.unsent then return failure.some end
  return status
end

-- Prints what became of all, and what is left to do.
function Report:summary(seconds)
  local duration = require "mde.duration"
  output.note("%d of %d actions in %s:", self.reported, self.total, duration.text(seconds))
  for _, verdict in ipairs(require("mde.verdict").all) do
    local count = self.counts[verdict]
    local advice = ADVICE[verdict]
    if count then
      output.note("%7d %s", count, advice and ("%-17s %s"):format(verdict, advice) or verdict)
    end
  end
  if self.isolations > 0 then
    output.note("Isolations among the cancelled: %d. Cancelling is not un-isolating: one that was"
      .. "\nalready InProgress may have taken effect; its machine then has to be released.",
      self.isolations)
  end
end

return report
