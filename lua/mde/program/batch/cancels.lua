-- Makes batches of cancels: by ids, standard input or filters.

local change = require "mde.program.batch.change"
local client = require "mde.program.session.client"
local failure = require "mde.program.exit"
local groups = require "mde.program.listing.groups"
local ids = require "mde.program.input.ids"
local kinds = require "mde.service.kinds"
local naming = require "mde.program.input.machine_name"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local requestor = require "mde.program.input.requestor"
local short_id = require "mde.program.input.short_id"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

local cancels = {}

local MOST_MISSING = 2  -- actions that are read once more if a list lacks them, for 10 s each

-- Checks the options. -> criteria, or nil if ids are given
function cancels.check(parsed)
  local criteria, any = options.criteria(parsed)
  failure.misuse_if(any and #parsed.ids > 0, "ids and filters cannot be combined: '%s'",
    parsed.ids[1])
  failure.misuse_if(not any and #parsed.ids == 0,
    "which actions? Give ids, - for standard input, or filters")
  failure.misuse_if(#parsed.ids > 1 and tables.index(parsed.ids, "-"),
    "- must be the only argument")
  for _, status in ipairs(criteria.status or {}) do
    failure.misuse_if(not kinds.is_open[status], "--status: an action that is %s has ended, and"
      .. " can't be cancelled; mde undo reverses what has Succeeded", status)
  end
  change.check(parsed, any or parsed.ids[1] == "-", "Launched by mistake")
  failure.misuse_if(parsed.order and not any,
    "--order works only with filters; ids keep the order given")
  return any and criteria or nil
end

local MOST_GROUPS = 20

-- Describes an action in a dry run.
local function description_of(action)
  return { action.type or "?", action.status or "?", action.requestor or "?" }
end

-- Adds matching actions to the draft, and shows the count of each group. Stops after --max + 1
-- actions. Calls `visit` with each action.
local function add_matching(draft, session, criteria, parsed, visit, excepted)
  local found, in_progress, max = groups.new(), 0, parsed.max
  criteria.machine = naming.criterion(session, criteria.machine)
  criteria.status = criteria.status or kinds.open
  criteria.limit = not excepted and max and max + 1 or nil
  client.bounded(session, {})
  local actions = requestor.actions(session, criteria, parsed)
  for action in excepted and excepted:filtered(actions) or actions do
    draft:add(action.id:lower(), action.status)
    visit(action)
    found:add(action)
    if action.type == "Isolate" and action.status == "InProgress" then
      in_progress = in_progress + 1
    end
    if max and found.count > max then break end
  end
  session.ends_at = nil
  if max and found.count > max then return end
  found:show(MOST_GROUPS, 2)
  if in_progress > 0 then
    output.note("InProgress isolations: %d. Their machines may be isolated. A cancel does not"
      .. " release them; mde undo cancels and releases.", in_progress)
  end
end

-- Gives each id of standard input or the arguments to `add`.
local function each_id(parsed, add)
  if parsed.ids[1] == "-" then ids.from_file(system.stdin, add)
  else ids.from_arguments(parsed.ids, add) end
end

-- Adds the actions with the ids that are not excepted. Each is read first.
local function add_kept(draft, session, parsed, visit, excepted)
  local list = {}
  each_id(parsed, function(id) list[#list + 1] = id end)
  local found = failure.check(
    require "mde.program.plan.review".actions(session, list, MOST_MISSING))
  for _, id in ipairs(list) do
    local action = found[id]
    if not action then excepted:leave_out "the action is unknown and may be excepted"
    elseif excepted:keeps(action) then
      draft:add(id, action.status)
      visit(action)
    end
  end
end

-- Cancels the actions that parsed.ids or `criteria` (of cancels.check) choose. -> exit status
function cancels.run(parsed, criteria)
  local is_input = parsed.ids[1] == "-"
  if not criteria and not is_input then ids.check(parsed.ids, parsed.yes) end
  local shown = {}  -- id -> action, of short ids
  local how = {
    change = "cancel", verb = "Cancel", done = "cancelled",
    is_chosen = criteria ~= nil or is_input,
    has_filters = criteria ~= nil,
    none = is_input and "Nothing to change: standard input has no id of an action to cancel."
      or nil,
    order = parsed.order or criteria and "newest" or "given",
    preview = criteria and description_of,
    dry_note = not criteria and ", unless unknown to the service or ended already" or nil,
    fill = function(draft, session, visit, excepted)
      if criteria then add_matching(draft, session, criteria, parsed, visit, excepted)
      elseif excepted then add_kept(draft, session, parsed, visit, excepted)
      else each_id(parsed, function(id) draft:add(id, (shown[id] or {}).status) end) end
    end,
  }
  if not criteria then
    function how.prepare(session)
      local is_completed
      parsed.ids, is_completed, shown = short_id.complete(session, parsed.ids)
      how.is_chosen = how.is_chosen or is_completed
    end
  end
  return change.run(parsed, how)
end

return cancels
