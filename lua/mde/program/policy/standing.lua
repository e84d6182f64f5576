-- Keeps an undo from releasing machines that other actions isolate or restrict.

local date = require "mde.base.date"
local failure = require "mde.program.exit"
local isolation = require "mde.client.isolation"
local kinds = require "mde.service.kinds"

local standing = {}

-- Reads the history of actions. -> { type of action -> { machine id -> machine of a fold of
-- mde.client.isolation, with `state` in words } }; raises the error
function standing.read(session)
  local found = {}
  for state, kind in pairs(kinds.making) do
    local fold = isolation.fold(state)
    local wanted = { type = { kind.type, kind.inverse }, order = "oldest" }
    for _, action in ipairs(failure.check(session:list(wanted))) do fold:add(action) end
    for _, machine in pairs(fold.machines) do machine.state = state end
    found[kind.type] = fold.machines
  end
  return found
end

function standing.of(found, action)
  return action.machineId and (found[action.type] or {})[action.machineId:lower()]
end

standing.related = {}  -- stands for true in an incident: see standing.hindrance

-- Reports whether two actions are undone together. One that is only related to a batch is undone
-- with those of its own requestor: another requestor may want its machine isolated.
local function are_together(action, other, incident)
  local one, two = incident[action.id:lower()], incident[other.id:lower()]
  return two ~= nil and (action.requestor == other.requestor
    or one ~= standing.related and two ~= standing.related)
end

local function first_other(actions, action, incident)
  for _, other in ipairs(actions) do
    if not are_together(action, other, incident) then return other end
  end
end

-- Returns why a machine must not be released for an action: one outside of `incident` also isolates
-- it, or may do so soon. `incident`: { id -> true | standing.related }. -> text | nil
function standing.hindrance(machine, action, incident)
  local other = first_other(machine.causes, action, incident)
  local going = not other and first_other(machine.going, action, incident)
  if not (other or going) then return nil end
  local by = (other or going).requestor or "another requestor"
  if going then return ("its %s by %s is in progress"):format(going.type, by) end
  return ("%s %s by %s"):format(machine.state,
    other == machine.causes[1] and "before" or "later", by)
end

-- Reports whether the machine was released after the cancel of an action.
function standing.is_released(machine, action)
  return (machine.undone or 0) > (date.parse(action.lastUpdateDateTimeUtc) or math.huge)
end

-- True if the steps planned for an action release its machine.
local function releases(entity)
  local steps = entity.steps
  return steps ~= nil and steps[1] ~= nil and steps[#steps] ~= "cancel"
end

-- Returns why the machine must not be released for an action, or nil.
local function objection(machine, action, incident)
  if action.status == "Cancelled" and machine and standing.is_released(machine, action) then
    return "undone already"
  end
  if action.status ~= "Succeeded" then
    return machine and standing.hindrance(machine, action, incident)
  end
  for _, cause in ipairs(machine and machine.causes or {}) do
    if cause.id:lower() == action.id:lower() then
      return standing.hindrance(machine, action, incident)
             or machine.undoing and "its release is in progress"
    end
  end
  return "undone already"
end

-- Removes the release from planned entities whose machine other actions isolate, and notes why.
-- `list`: array of { action, entity (of a plan) }. Raises the error.
function standing.remove_releases(session, list)
  local incident, is_needed = {}, false
  for _, one in ipairs(list) do
    incident[one.entity.id] = one.entity.decision ~= "keep" or nil
    is_needed = is_needed or releases(one.entity)
  end
  if not is_needed then return end
  local found = standing.read(session)
  for _, one in ipairs(list) do
    local entity = one.entity
    local why = releases(entity)
                and objection(standing.of(found, one.action), one.action, incident)
    if why then
      table.remove(entity.steps)
      entity.note = why
    end
  end
end

return standing
