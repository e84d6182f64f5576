-- Makes a batch of cancels, of ids or by filters, asks for agreement, and carries it out.
--
-- Nothing is sent before every id and option is checked, the limits hold, a person or
-- --yes has agreed, and the journal knows what is to be done. Whatever happens, each
-- action is reported with one verdict.

local agreement = require "mde.program.batch.confirmation"
local client = require "mde.program.session.client"
local execution = require "mde.program.batch.execution"
local failure = require "mde.program.exit"
local guards = require "mde.program.batch.guards"
local ids = require "mde.program.input.ids"
local kinds = require "mde.service.kinds"
local naming = require "mde.program.input.machine_name"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local override = require "mde.program.batch.override"
local permission = require "mde.program.session.permission"
local report = require "mde.program.batch.summary"
local short_id = require "mde.program.input.short_id"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"

local cancels = {}

-- {{ Which actions

-- Checks what the options say together. -> criteria, or nil where ids are given
function cancels.check(parsed)
  local criteria, any = options.criteria(parsed)
  if any and #parsed.ids > 0 then
    failure.raise(failure.usage, "ids and filters do not go together: '%s'", parsed.ids[1])
  end
  if not any and #parsed.ids == 0 then
    failure.raise(failure.usage, "which actions? Give ids, - for standard input, or filters")
  end
  for _, text in ipairs(parsed.ids) do
    if text == "-" and #parsed.ids > 1 then
      failure.raise(failure.usage, "- goes without other ids")
    end
  end
  if not parsed.dry_run and not (parsed.comment or ""):find "%S" then
    failure.raise(failure.usage, "a comment is required, such as -m \"Launched by mistake\"")
  end
  if parsed.comment then agreement.check_comment(parsed.comment) end
  if any and parsed.yes and not parsed.max then
    failure.raise(failure.usage, "--yes with filters requires --max N, the most actions to change")
  end
  if parsed.order and not any then
    failure.raise(failure.usage, "--order goes with filters; ids are taken in the order given")
  end
  override.check(parsed)
  if parsed.deadline and not parsed.wait then
    failure.raise(failure.usage, "--deadline requires --wait")
  end
  return any and criteria or nil
end

local function show_groups(groups)
  local names = {}
  for name in pairs(groups) do names[#names + 1] = name end
  table.sort(names, function(a, b)
    if groups[a] ~= groups[b] then return groups[a] > groups[b] end
    return a < b
  end)
  for i, name in ipairs(names) do
    if i > 20 then return output.note("        … and %d more groups", #names - 20) end
    output.note("%7d %s", groups[name], name)
  end
end

-- Adds the actions that match to the draft, and shows what they are. With a maximum, it
-- stops as soon as there are more. `visit` is called with each action.
local function add_matching(draft, session, criteria, max, visit)
  local count, groups, under_way = 0, {}, 0
  criteria.machine = naming.criterion(session, criteria.machine)
  criteria.status = criteria.status or kinds.open
  criteria.limit = max and max + 1
  for action in session:actions(criteria) do
    local name = ("%s, %s, by %s")
      :format(action.type or "?", action.status or "?", action.requestor or "?")
    draft:add(action.id:lower())
    visit(action)
    count, groups[name] = count + 1, (groups[name] or 0) + 1
    if action.type == "Isolate" and action.status == "InProgress" then under_way = under_way + 1 end
  end
  if not max or count <= max then show_groups(groups) end
  if under_way > 0 then
    output.note("%d isolations are InProgress: a cancel does not release the machine.", under_way)
  end
end

-- Fills the draft with what is to be cancelled. -> how many
local function fill(draft, session, parsed, criteria, visit)
  local function add(id) draft:add(id) end
  if criteria then
    client.bounded(session, {})
    add_matching(draft, session, criteria, parsed.max, visit)
    session.ends_at = nil
  elseif parsed.ids[1] == "-" then ids.from_file(system.stdin, add)
  else ids.from_arguments(parsed.ids, add) end
  local count, again = draft:complete()
  if again > 0 and not criteria then
    output.note(again == 1 and "1 id was given twice; it is taken once."
      or ("%d ids were given again; each is taken once."):format(again))
  end
  if parsed.max and count > parsed.max then
    failure.raise(failure.refused, "%s actions, and --max is %d; nothing was sent",
      criteria and "more than " .. parsed.max or count, parsed.max)
  end
  return count
end

-- }}

local function counted(count)
  return count == 1 and "1 machine action" or count .. " machine actions"
end

-- What would be cancelled: of actions that were looked up, what they are; of ids,
-- only that.
local function preview(draft, session, parsed, criteria)
  local lines = report.new(session, 0, parsed.json, nil, true)
  local function show(action)
    lines:item {
      id = action.id, verdict = "unsent", status = action.status,
      machine = action.computerDnsName or action.machineId,
      detail = criteria and ("%s, %s, by %s"):format(
        action.type or "?", action.status or "?", action.requestor or "?"),
    }
  end
  local count = fill(draft, session, parsed, criteria, show)
  if not criteria then
    for item in draft:rows() do show { id = item.id } end
  end
  output.note("Dry run: %s would be cancelled%s; nothing was sent.", counted(count),
    criteria and "" or ", unless unknown to the service or ended already")
  return 0
end

-- Makes a batch of the draft. -> whether there is anything to cancel
local function agree(draft, session, parsed, criteria)
  local known = guards.need_facts(session, parsed) and {} or nil
  local count = fill(draft, session, parsed, criteria, function(action)
    if known then known[action.id:lower()] = action end
  end)
  if count == 0 then
    output.note("Nothing to cancel.")
    return false
  end
  permission.check(session, parsed)
  local exceeded = guards.check(session, parsed, draft, known)
  execution.foretell(session, count)
  if exceeded or not parsed.yes and (criteria or count > 1 or parsed.is_completed) then
    agreement.confirm(("Cancel %s in %s"):format(counted(count), agreement.place(session)),
      counted(count), "--yes agrees beforehand (with filters up to --max N)", exceeded)
  end
  return true
end

-- Calls f with a new draft. -> the draft and its lock; neither, and no draft, where f does
-- not return true
local function with_draft(session, parsed, criteria, f)
  local draft, lock = session.store.journal:draft {
    name = parsed.batch, who = stores.who(), tenant = session.tenant,
    application = session.application, command = parsed.command_line,
    comment = parsed.comment or "", order = parsed.order or criteria and "newest" or "given",
  }
  failure.check(draft, lock)
  local done, result = pcall(f, draft)
  if not done or not result then
    draft:discard()
    lock:release()
  end
  if not done then error(result, 0) end
  if result then return draft, lock end
end

-- Cancels the actions that parsed.ids or `criteria` (of cancels.check) choose. -> exit status
function cancels.run(parsed, criteria)
  collectgarbage("incremental", 120)  -- a batch waits for the service: rather small than quick
  if parsed.dry_run then parsed.store = "memory" end
  if not criteria and parsed.ids[1] ~= "-" then ids.check(parsed.ids, parsed.yes) end
  local session = client.connect(parsed, execution.settings(parsed))
  if not parsed.dry_run then client.identify(session) end
  if not criteria then
    parsed.ids, parsed.is_completed = short_id.complete(session, parsed.ids)
  end
  local function prepare(draft)
    if not parsed.dry_run then return agree(draft, session, parsed, criteria) end
    preview(draft, session, parsed, criteria)
  end
  local batch, lock = with_draft(session, parsed, criteria, prepare)
  if not batch then return 0 end
  local status = execution.run(session, batch, parsed, "begun")
  lock:release()
  return status
end

return cancels
