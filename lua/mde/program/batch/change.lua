-- Carries out a change as a batch: targets, draft, guards, question, execution.
--
-- Nothing is sent before all targets, options and limits are checked, a person or --yes has agreed,
-- and the journal has the batch. Each item ends with one verdict.
--
-- A command describes its change in a table:
--   fill(draft, session, visit, excepted)  adds the items that `excepted` (of --except-…, or nil)
--                                keeps; calls visit(record) for each action or machine read
--   change                       the name of the change, for its words: see words.lua
--   verb                         for the question: "Cancel", "Launch isolate on"
--   details(count)                 if given, text after the count in the question
--   calls(count)                 if given, returns { operation -> number of calls } for the count
--   confirm(session, exceeded, count)  if given, asks instead of that question
--   session                      if given, the client; default: that of the command line
--   find(session, parsed, draft) if given, finds exceeded guards, in place of guards.find
--   prepare(session)             if given, is called after the sign-in
--   draft                        more fields of the batch: see Journal:draft
--   aside                        items that are not sent: see mde.program.batch.execution
--   is_chosen, has_filters       filters or standard input, or filters, choose the items
--   is_listed                    its items are few enough to be kept in memory until it begins, and a
--                                dry run reads the journal
--   order                        "given" (default), "newest" or "oldest"
--   preview(record)              if given, -n shows what fill visits, each with these texts (array)
--   done, dry_note               what -n says would be done (default "changed"), and more text
--   none                         if given, the text if there is nothing to change

local agreement = require "mde.program.batch.confirmation"
local client = require "mde.program.session.client"
local exceptions = require "mde.program.input.exceptions"
local execution = require "mde.program.batch.execution"
local failure = require "mde.program.exit"
local interruption = require "mde.program.terminal.interruption"
local list = require "mde.program.batch.list"
local guards = require "mde.program.batch.guards"
local moment = require "mde.program.input.moment"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local override = require "mde.program.batch.override"
local permission = require "mde.program.session.permission"
local show_table = require "mde.program.terminal.table"
local stores = require "mde.program.session.store"
local summary = require "mde.program.batch.summary"
local system = require "mde.program.system"
local words = require "mde.program.batch.words"

local change = {}

-- Adds the option that names the batch.
function change.define_name(command)
  options.add(command, "--batch", "NAME", "Batch name. Default: date and number.",
    options.batch_name)
end

-- Adds the options of every change. `done`: what -n says would be done.
function change.define(command, done)
  agreement.define(command, done)
  change.define_name(command)
  execution.define(command)
end

-- Checks the options of every change. `is_chosen`: see above; `example`: of a comment, if one is
-- required.
function change.check(parsed, is_chosen, example)
  if example and not parsed.dry_run and not (parsed.comment or ""):find "%S" then
    failure.misuse({ addition = "-m REASON" }, "a comment is required, such as -m \"%s\"", example)
  end
  if parsed.comment then agreement.check_comment(parsed.comment) end
  failure.misuse_if(is_chosen and parsed.yes and not parsed.max, "--yes with filters or standard"
    .. " input requires --max N, the most items to change")
  if parsed.yes then moment.require_zones() end
  override.check(parsed)
  failure.misuse_if(parsed.deadline and not parsed.wait, "--deadline requires --wait")
end

-- Fills the draft. -> the number of items
local function fill(draft, session, parsed, how, visit)
  local excepted = exceptions.of(parsed, session)
  how.fill(draft, session, visit, excepted)
  local count, again = draft:complete()
  if excepted then excepted:tell() end
  if again > 0 and not how.has_filters then
    output.note(again == 1 and "%s was given twice; it is changed once."
      or "%s were given again; each is changed once.", words.counted(how.change, again))
  end
  agreement.check_count(parsed, count, how.has_filters and parsed.max and count > parsed.max
    and "more than " .. words.counted(how.change, parsed.max)
    or words.counted(how.change, count))
  return count
end

local FIRST = 10  -- items that -n shows

-- Details are texts such as a type, a status, a requestor.
local DETAIL = { title = "", may_cut = true, least = 10, has_guids = true }
local COLUMNS = { { title = "", is_id = true, may_cut = true, least = 14, cut_first = true },
                  { title = "", may_cut = true, least = 14 }, DETAIL, DETAIL, DETAIL, DETAIL }

-- Shows items of a dry run. At a terminal, "would cancel" is a line of its own, to save columns.
local function show_rows(rows, how)
  local columns, would = {}, "would " .. how.verb:gsub("^%u", string.lower)
  table.move(COLUMNS, 1, #rows[1], 1, columns)
  if system.terminal.is_terminal(1) then
    output.line(would .. ":")
  else
    table.insert(columns, 1, { title = "" })
    for _, row in ipairs(rows) do table.insert(row, 1, would) end
  end
  show_table(columns, rows)
end

-- The row of an item in what -n shows.
local function row_of(how, item)
  local name = item.name or item.computerDnsName or item.machineId
  return { item.id, name ~= item.id and name or "",
           table.unpack(how.preview and how.preview(item) or {}) }
end

-- Shows what the batch would change: with --json all items, else the first ones. -> exit status
local function preview(draft, session, parsed, how)
  local lines, rows = summary.new(session, 0, parsed.json, nil, true, how.change), {}
  local known = guards.need_facts(session, parsed) and {} or nil
  local function show(item)
    if not parsed.json then
      if #rows < FIRST then rows[#rows + 1] = row_of(how, item) end
      return
    end
    lines:item { id = item.id, verdict = "unsent", status = item.status,
                 machine = item.name or item.computerDnsName or item.machineId,
                 detail = how.preview and table.concat(how.preview(item), ", ") }
  end
  local count = fill(draft, session, parsed, how, function(item)
    if known then known[item.id:lower()] = item end
    if how.preview then show(item) end
  end)
  if not how.preview then
    for item in draft:rows() do show(item) end
  end
  if rows[1] then show_rows(rows, how) end
  if rows[1] and count > #rows then
    output.line(("… and %d more; --json shows all"):format(count - #rows))
  end
  output.flush()
  guards.show(session, parsed, (how.find or guards.find)(session, parsed, draft, known))
  if count == 0 and how.none then output.note("%s", how.none) end
  output.note("Dry run: %s would be %s%s; nothing was sent.", words.counted(how.change, count),
    how.done or "changed", how.dry_note or "")
  return 0
end

-- Asks for agreement. -> false if there is nothing to change
local function agree(draft, session, parsed, how)
  local known = guards.need_facts(session, parsed) and {} or nil
  local count = fill(draft, session, parsed, how, function(item)
    if known then known[item.id:lower()] = item end
  end)
  if count == 0 then
    output.note("%s", how.none or ("Nothing to change: no %s matches."):format(
      words.subject(how.change)))
    return false
  end
  if not parsed.stop_reason then interruption.before_batch(session) end
  if words.reads_actions(how.change) then permission.check(session, parsed) end
  local exceeded = guards.settle(session, parsed, draft,
    (how.find or guards.find)(session, parsed, draft, known))
  if not parsed.stop_reason then execution.foretell(session, how.calls and how.calls(count)
    or { [words.operation(how.change)] = count }) end
  if how.confirm then
    how.confirm(session, exceeded, count)
  elseif exceeded or not parsed.yes and (how.is_chosen or count > 1) then
    local counted = words.counted(how.change, count)
    agreement.confirm(("%s %s%s%s in %s"):format(how.verb, counted, how.details
      and how.details(count) or "", moment.spoken(), agreement.place(session)), counted,
      "--yes agrees beforehand (with filters up to --max N)", exceeded)
  end
  return true
end

-- -> a draft in the journal, its lock
local function new_draft(session, parsed, how)
  local fields = {
    name = parsed.batch, who = stores.who(), tenant = session.tenant,
    application = session.application, command = parsed.command_line,
    comment = parsed.comment or "", order = how.order or "given",
  }
  for key, value in pairs(how.draft or {}) do fields[key] = value end
  local draft, lock = session.store.journal:draft(fields)
  return failure.check(draft, lock), lock
end

-- Calls f with a new draft. -> the draft and its lock | nil: f did not return true
local function with_draft(session, parsed, how, f)
  local draft, lock = new_draft(session, parsed, how)
  local done, result = pcall(f, draft, session, parsed, how)
  if not done or result ~= true then
    draft:discard()
    lock:release()
  end
  if not done then error(result, 0) end
  if result == true then return draft, lock end
end

-- Calls f with a list of the items, and then writes them to a draft. If the store is local, the
-- transaction stays open: it ends with the begin of the batch.
-- -> the draft and its lock | nil: f did not return true
local function with_list(session, parsed, how, f)
  local items = list.new(parsed.comment or (how.draft or {}).comment)
  if f(items, session, parsed, how) ~= true then return nil end
  local function write(draft)
    items:write(draft)
    return true
  end
  local database = session.store.database
  if not database.is_local then return with_draft(session, parsed, how, write) end
  return database:unfinished(function()
    local draft, lock = new_draft(session, parsed, how)
    write(draft)
    return draft, lock
  end)
end

-- Carries out a change. -> exit status, results (see execution.run) and name of the batch (nil: there
-- was nothing to change)
function change.run(parsed, how)
  collectgarbage("incremental", 120)  -- a batch waits for the service: save memory, not time
  if parsed.dry_run and not how.is_listed then parsed.store = "memory" end
  local session = how.session or client.connect(parsed, execution.settings(parsed))
  if not parsed.dry_run then client.identify(session) end
  if how.prepare then how.prepare(session) end
  local stop = session.stop
  local is_listed = how.is_listed or not how.is_chosen and session.store.database.is_local
  local batch, lock = (is_listed and with_list or with_draft)(session, parsed, how,
    parsed.dry_run and preview or agree)
  if not batch then return 0 end
  local _ <close> = lock
  session.stop = stop
  if interruption.came() and not parsed.stop_reason then
    batch:discard()
    interruption.check()
  end
  local status, results = execution.run(session, batch, parsed, "begun", how.aside)
  return status, results, batch.name
end

return change
