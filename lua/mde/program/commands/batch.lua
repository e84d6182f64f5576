-- mde batch list, show and report: what the journal knows.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local options = require "mde.program.input.options"
local show_table = require "mde.program.terminal.table"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"
local terminal = require "mde.terminal"

local batch = {}

function batch.define(command)
  command:epilog [[
`list` tells how each batch stands, `show` its items, and `report` proves
what was done: as text, one JSON object, CSV, or a page that needs no
network.

Examples:
   mde batch list
   mde batch show 2026-11-25.1 --verdict not_found
   mde batch report 2026-11-25.1 --html > report.html]]
  command:argument("what", "What to do."):choices { "list", "show", "report" }
    :argname "list|show|report"
  command:argument("batch", "With show and report: the batch."):args "?":argname "BATCH"
  local verdict = options.add(command, "--verdict", "VERDICT",
    "With show: only items of this verdict, or 'open'.")
  function verdict.words() return { "open", table.unpack(require "mde.service.verdicts".names) } end
  command:mutex(
    command:flag("--json", "JSON: an object a line, or for a report one object."),
    command:flag("--csv", "With report: CSV."),
    command:flag("--html", "With report: a page."))
end

local function date(seconds)
  return require "mde.base.date".text(seconds)
end

-- How a batch stands, and how many of its items are settled.
local function state_of(each)
  local open = each:open_count()
  local state = open == 0 and "done" or each:holder() and "running" or "open"
  return state, each.count - open
end

-- {{ list

local COLUMNS = {
  { title = "BATCH" }, { title = "STATE" }, { title = "DONE", right = true },
  { title = "OF", right = true }, { title = "BEGUN" }, { title = "BY", may_cut = true },
  { title = "COMMENT", may_cut = true },
}
local KEYS = { "batch", "state", "done", "count", "created", "who", "tenant", "application",
               "comment", "command", "holder" }

local function list_json(batches)
  for _, each in ipairs(batches) do
    local state, done = state_of(each)
    local holder = state == "running" and each:holder() or nil
    output.record({
      batch = each.name, state = state, done = done, count = each.count,
      created = date(each.created), who = each.who, tenant = each.tenant,
      application = each.application, comment = each.comment,
      command = each.command, holder = holder,
    }, KEYS)
  end
end

local function list(store, parsed)
  local batches = store.journal:batches()
  if parsed.json then return list_json(batches) end
  if #batches == 0 then return output.note("No batch is in %s.", store.name) end
  local rows, many = {}, false
  for i, each in ipairs(batches) do
    local state, done = state_of(each)
    rows[i] = { each.name, state, ("%d"):format(done), ("%d"):format(each.count),
                system.date("%Y-%m-%d %H:%M", math.floor(each.created)), each.who, each.comment }
    many = many or each.tenant ~= batches[1].tenant
  end
  local columns = COLUMNS
  if many then  -- whose each is
    columns = table.move(COLUMNS, 1, #COLUMNS, 1, {})
    table.insert(columns, 2, { title = "TENANT" })
    for i, each in ipairs(batches) do table.insert(rows[i], 2, each.tenant or "-") end
  end
  show_table(columns, rows)
end

-- }}

-- {{ show

local ITEM_KEYS = { "batch", "id", "verdict", "status", "machine", "type", "requestor", "error",
                    "message", "http", "request_id", "sent", "ended" }

-- What is said of an item that has no outcome.
local function verdict_of(row)
  return row.verdict or (row.in_air and "unknown" or "unsent")
end

local function show_json(each, row)
  local object = {
    batch = each.name, id = row.id, verdict = verdict_of(row), status = row.status,
    machine = row.machine or row.machine_id, type = row.type, requestor = row.requestor,
    error = row.error, message = row.message, http = row.http, request_id = row.request_id,
    sent = row.sends[1] and date(row.sends[1]), ended = row.ended_at and date(row.ended_at),
  }
  output.record(object, ITEM_KEYS)
end

local function show_text(row)
  local parts = { ("%-17s"):format(verdict_of(row)), row.id, row.machine or row.machine_id }
  if row.in_air then parts[#parts + 1] = "(sent, and its answer not seen)"
  elseif row.message then parts[#parts + 1] = "(" .. row.message .. ")"
  elseif row.verdict == "already_final" then parts[#parts + 1] = "(" .. (row.status or "?") .. ")"
  end
  output.line(terminal.printable(table.concat(parts, " ")))
end

local function is_wanted(row, verdict)
  if not verdict then return true end
  if verdict == "open" then return not require "mde.service.verdicts".settled[row.verdict] end
  return verdict_of(row) == verdict
end

local function show(each, parsed)
  for row in each:rows() do
    if is_wanted(row, parsed.verdict) then
      if parsed.json then show_json(each, row) else show_text(row) end
    end
  end
  output.flush()
  local state, done = state_of(each)
  output.note("Batch %s is %s: %d of %d done. By %s at %s: %s", each.name, state, done, each.count,
    each.who, date(each.created), each.comment)
  if state ~= "open" then return end
  local accepted = (each:counts()).undo_accepted
  if accepted then
    output.note("%d of those to undo: the release was launched, and is not final yet.", accepted)
  end
  output.note("`mde resume %s` goes on with it.", each.name)
end

local function check_verdict(name)
  if not name or name == "open" then return end
  local known = require "mde.service.verdicts".names
  for _, verdict in ipairs(known) do
    if name == verdict then return end
  end
  failure.raise(failure.usage, "--verdict: '%s' is not one of %s, open", name,
    table.concat(known, ", "))
end

-- }}

function batch.run(parsed)
  check_verdict(parsed.verdict)
  if parsed.what ~= "report" and (parsed.csv or parsed.html) then
    failure.raise(failure.usage, "--csv and --html go with report")
  end
  if parsed.what ~= "show" and parsed.verdict then
    failure.raise(failure.usage, "--verdict goes with show")
  end
  if (parsed.what == "list") ~= (parsed.batch == nil) then
    failure.raise(failure.usage, parsed.batch and "list takes no batch" or "which batch?"
      .. " `mde batch list` shows them")
  end
  local store = stores.open(parsed)
  if parsed.what == "list" then
    list(store, parsed)
    return 0
  end
  local each = failure.check(store.journal:find(parsed.batch))
  if parsed.what == "show" then
    show(each, parsed)
  else
    local as = parsed.json and "json" or parsed.csv and "csv" or parsed.html and "html" or "text"
    local per_minute, per_hour = require "mde.config.options".limits(system.getenv) "cancel"
    require "mde.program.report".write(each, as, {
      limits = per_minute and { per_minute = per_minute, per_hour = per_hour } })
  end
  return 0
end

return batch
