-- mde batch: lists, shows, reports on, stops and closes batches of the journal.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local item_line = require "mde.program.terminal.item_line"
local moment = require "mde.program.terminal.moment"
local notify = require "mde.program.batch.notify"
local options = require "mde.program.input.options"
local selection = require "mde.program.session.profiles"
local show_table = require "mde.program.terminal.table"
local states = require "mde.program.batch.state"
local stop = require "mde.program.batch.stop"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

local batch = {}

function batch.define(command)
  command:epilog [[
`list` shows the state of each batch, `show` its items, and `report` proves
which changes were made: as text, one JSON object, CSV, or a page that requires
no network.

`stop` asks the process that runs the batch, on any machine of the store, to
stop. It sends nothing more, waits for requests in flight, and ends with
status 130; `mde resume` continues the batch. `close` ends a batch for good, if
no process runs it: its open items are never sent. The reason is in the report
and in the audit log.

Examples:
   mde batch list
   mde batch show 2026-11-25.1 --verdict not_found
   mde batch report 2026-11-25.1 --open
   mde batch report 2026-11-25.1 --html > report.html
   mde batch stop 2026-11-25.1 -m "Wrong list"
   mde batch close 2026-11-25.1 -m "The rest was done by hand"]]
  local names = { "list", "show", "report", "stop", "close" }
  command:argument("what", "What to do."):choices(names):argname(table.concat(names, "|"))
  command:argument("batch", "The batch, except with list."):args "?":argname "BATCH"
  command:flag("--all", "With stop: every running batch.")
  options.add(command, "-m --comment", "TEXT", "With stop or close: why (close requires it).")
  local verdict = options.add(command, "--verdict", "VERDICT",
    "With show: only items of this verdict, or 'open'.")
  function verdict.words() return { "open", table.unpack(require "mde.service.verdicts".names) } end
  command:mutex(
    command:flag("--json", "One JSON object per line; for a report one object."),
    command:flag("--csv", "With report: CSV."),
    command:flag("--html", "With report: a page."),
    command:flag("--open", "With report: a page, in the browser."))
end

local function date(seconds)
  return require "mde.base.date".text(seconds)
end

-- mde batch list

local COLUMNS = {
  { title = "BATCH" }, { title = "STATE", may_cut = true, least = 7 },
  { title = "DONE", right = true }, { title = "OF", right = true }, { title = "AGE" },
  { title = "BY", may_cut = true }, { title = "COMMENT", may_cut = true },
}
local KEYS = { "batch", "state", "done", "count", "created", "who", "tenant", "application",
               "comment", "command", "holder", "closed" }

local function list_json(batches)
  for _, each in ipairs(batches) do
    local state, done = states.of(each)
    local holder = state == "running" and each:holder() or nil
    output.record({
      batch = each.name, state = state, done = done, count = each.count,
      created = date(each.created), who = each.who, tenant = each.tenant,
      application = each.application, comment = each.comment,
      command = each.command, holder = holder, closed = each.closed,
    }, KEYS)
  end
end

local function is_of(each, profile)
  local tenant = profile.options.tenant or ""
  local names = ("%s %s"):format(each.tenant or "", each.application)
  return tenant ~= "" and names:find(tenant, 1, true) ~= nil
end

-- Returns the batches in the tenants of the profiles that -p names.
local function of_profiles(batches, parsed)
  if not parsed.profile then return batches end
  local list = {}
  for _, profile in ipairs((selection.chosen(parsed))) do
    for _, each in ipairs(batches) do
      if is_of(each, profile) then list[#list + 1] = each end
    end
  end
  return list
end

local function list(store, parsed)
  local batches = of_profiles(store.journal:batches(), parsed)
  if parsed.json then return list_json(batches) end
  if #batches == 0 then return output.note("No batch is in %s.", store.name) end
  local rows, many = {}, false
  for i, each in ipairs(batches) do
    local state, done = states.of(each)
    rows[i] = { each.name, states.shown(state, each), ("%d"):format(done),
                ("%d"):format(each.count),
                moment.short(math.max(0, store:wall() - each.created)), each.who, each.comment }
    many = many or each.tenant ~= batches[1].tenant
  end
  local columns = COLUMNS
  if many then
    columns = table.move(COLUMNS, 1, #COLUMNS, 1, {})
    table.insert(columns, 2, { title = "TENANT", may_cut = true, least = 8 })
    for i, each in ipairs(batches) do table.insert(rows[i], 2, each.tenant or "-") end
  end
  show_table(columns, rows)
end

-- mde batch show

local ITEM_KEYS = { "batch", "id", "verdict", "status", "machine", "type", "requestor", "code",
                    "error", "message", "http", "request_id", "sent", "ended" }

-- Returns the verdict of an item, also before it has ended.
local function verdict_of(row)
  return row.verdict or (row.in_flight and "unknown" or "unsent")
end

local function show_json(each, row)
  local object = {
    batch = each.name, id = row.id, verdict = verdict_of(row), status = row.status,
    machine = row.machine or row.name or row.machine_id, type = row.type, requestor = row.requestor,
    code = row.error, error = row.error, message = row.message, http = row.http,
    request_id = row.request_id,
    sent = row.sends[1] and date(row.sends[1]), ended = row.ended_at and date(row.ended_at),
  }
  output.record(object, ITEM_KEYS)
end

local function show_text(row)
  local machine = row.machine or row.name or row.machine_id
  local parts = { machine ~= row.id and machine or nil }
  if row.in_flight then parts[#parts + 1] = "(in flight)"
  elseif row.message then parts[#parts + 1] = "(" .. row.message .. ")"
  elseif row.verdict == "already_final" then parts[#parts + 1] = "(" .. (row.status or "?") .. ")"
  end
  output.text(item_line(verdict_of(row), row.id, parts))
end

local function is_wanted(row, verdict)
  if not verdict then return true end
  if verdict == "open" then return not require "mde.service.verdicts".settled[row.verdict] end
  return verdict_of(row) == verdict
end

local function show(each, parsed)
  local is_any = not parsed.verdict
  for row in each:rows() do
    if is_wanted(row, parsed.verdict) then
      is_any = true
      if parsed.json then show_json(each, row) else show_text(row) end
    end
  end
  output.flush()
  if not is_any then output.note("No item is %s.", parsed.verdict) end
  local state, done = states.of(each)
  output.note("Batch %s is %s: %d of %d done. By %s at %s%s", each.name,
    states.shown(state, each), done, each.count, each.who, moment.at(each.created),
    each.comment ~= "" and ": " .. each.comment or "")
  if state ~= "open" then return end
  local accepted = (each:counts()).undo_accepted
  if accepted then
    output.note("%d releases were launched and have not ended yet.", accepted)
  end
  states.say_resume(each)
end

local function check_verdict(name)
  if not name or name == "open" then return end
  local known = require "mde.service.verdicts".names
  if tables.index(known, name) then return end
  failure.raise(failure.usage, "--verdict: '%s' is not one of %s, open", name,
    table.concat(known, ", "))
end

local function check(parsed)
  local what, name = parsed.what, parsed.batch
  check_verdict(parsed.verdict)
  failure.misuse_if(what ~= "report" and (parsed.csv or parsed.html or parsed.open),
    "--csv, --html and --open work only with report")
  failure.misuse_if(what ~= "show" and parsed.verdict, "--verdict works only with show")
  failure.misuse_if(what ~= "stop" and parsed.all, "--all works only with stop")
  failure.misuse_if(what ~= "stop" and what ~= "close" and parsed.comment,
    "-m works only with stop and close")
  failure.misuse_if(name and (what == "list" or parsed.all),
    "%s takes no batch", parsed.all and "--all" or "list")
  failure.misuse_if(what == "close" and not (parsed.comment or ""):find "%S",
    "close requires a reason, such as -m \"Done by hand\"")
end

local function report(each, parsed)
  local as = parsed.json and "json" or parsed.csv and "csv"
             or (parsed.html or parsed.open) and "html" or "text"
  local per_minute, per_hour = require "mde.config.options".limits(system.getenv) "cancel"
  local function write()
    require "mde.program.report".write(each, as, {
      limits = per_minute and { per_minute = per_minute, per_hour = per_hour } })
  end
  if parsed.open then return require "mde.program.report.browser".open(each.name, write) end
  write()
end

-- Passes on the event of a batch to the `notify` of a profile of its tenant: of those that are
-- chosen, or of all.
local function use_notify(each, parsed)
  for _, profile in ipairs(selection.all(selection.wanted(parsed))) do
    if profile.notify and is_of(each, profile) then return notify.use(profile) end
  end
end

-- Task -> function(store, batch, parsed), which may return an exit status
local ACTIONS = {
  list = function(store, _, parsed) list(store, parsed) end,
  show = function(_, each, parsed) show(each, parsed) end,
  report = function(_, each, parsed) report(each, parsed) end,
  stop = function(store, each, parsed)
    return stop.ask(parsed.all and store.journal:unended() or { each }, parsed.batch,
      parsed.comment)
  end,
  close = function(store, each, parsed)
    use_notify(each, parsed)
    return stop.close(store, each, parsed.comment)
  end,
}

-- Raises, and suggests the newest batch.
local function require_name(store, what)
  local batches = store.journal:batches()
  local newest = batches[#batches]
  failure.misuse({ addition = newest and newest.name },
    "which batch? `mde batch list` shows them%s", what == "stop" and "; --all stops each" or "")
end

function batch.run(parsed)
  check(parsed)
  parsed.reads_journal = parsed.what ~= "stop" and parsed.what ~= "close"
  local store = stores.open(parsed)
  local needs_name = parsed.what ~= "list" and not parsed.all
  if needs_name and not parsed.batch then require_name(store, parsed.what) end
  local each = parsed.batch and failure.check(store.journal:find(parsed.batch))
  return ACTIONS[parsed.what](store, each, parsed) or 0
end

return batch
