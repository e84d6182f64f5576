-- What undoes an incident: the actions that somebody launched in a time, decided upon as a
-- policy would.
--
-- What is open is cancelled. A machine that is isolated (or restricted) now is released, if
-- these actions alone made it so; where somebody else has done that too, before or later, or
-- is about to, or a release is under way, the machine is kept. Cancels come first, and the
-- most valuable machines before others: where a cancel and a release of a machine cross, it
-- stays isolated.

local decision = require "mde.program.policy.decision"
local kinds = require "mde.service.kinds"
local review = require "mde.program.plan.review"
local standing = require "mde.program.policy.standing"
local tenant = require "mde.program.policy.tenant"

local undoing = {}

-- {{ Reading

-- The actions with these ids that the service knows. -> array | nil, err
local function by_id(session, ids)
  local found, err = review.actions(session, ids)
  if not found then return nil, err end
  local list = {}
  for _, id in ipairs(ids) do list[#list + 1] = found[id] end
  return list
end

-- }}

-- {{ Deciding

local function keep(reason) return { decision = "keep", reason = reason } end

-- What becomes of an action that had its effect. `machine` tells how its machine stands, and
-- `incident` has the ids of all that is to be undone. nil: there is nothing to do.
local function of_done(action, machine, incident)
  if not (machine and machine.done)
     or machine.undoing and incident[machine.undoing.id:lower()] then
    return nil
  end
  local why = standing.hindrance(machine, incident)
  if why then return keep(why) end
  if machine.undoing then return keep "its release is in progress" end
  local causes = machine.causes
  if causes[#causes].id ~= action.id then return nil end  -- a newer one of these will do
  return { decision = "undo", reason = "" }
end

-- An open action is cancelled. One that is in progress may have its effect nevertheless,
-- and is released then, unless another wants the machine so.
local function of_open(action, machine, incident)
  local steps = decision.undoing(action)
  local is_hindered = machine and standing.hindrance(machine, incident)
  return { decision = steps[2] and not is_hindered and "undo" or "cancel", reason = "" }
end

local function of_action(action, found, incident)
  local machine = standing.of(found, action)
  if not kinds.final[action.status] then return of_open(action, machine, incident) end
  if action.status ~= "Succeeded" then return nil end
  return of_done(action, machine, incident)
end

-- }}

local RANK = { High = 1, Normal = 2, Low = 3 }

local function sort(list)
  local place = {}
  for i, one in ipairs(list) do place[one] = i end
  local function rank(one)
    return (one.entity.decision == "cancel" and 0 or one.entity.decision == "undo" and 10 or 20)
           + (RANK[one.value] or 2)
  end
  table.sort(list, function(a, b)
    if rank(a) ~= rank(b) then return rank(a) < rank(b) end
    return place[a] < place[b]
  end)
end

-- Whether a set of machines has this one: its id, its whole name, or its short name.
local function has_machine(set, id, name)
  name = name and name:lower()
  return id ~= nil and set[id:lower()]
         or name ~= nil and (set[name] or set[name:match "^[^.]+"]) or false
end

-- Why the machine of an item is excepted, or may be, or nil. `excepted`: tags and machines
-- (ids and names), as sets in lower case.
local function exception(item, excepted)
  local action, machine = item.action, item.machine
  local name = action.computerDnsName or machine and machine.computerDnsName
  if has_machine(excepted.machines, action.machineId, name) then
    return "the machine is excepted"
  end
  for _, tag in ipairs(machine and machine.machineTags or {}) do
    if excepted.tags[tag:lower()] then return ("tag %s is excepted"):format(tag) end
  end
  if next(excepted.tags) and not machine or next(excepted.machines) and not (machine or name) then
    return "the machine is not known, and may be excepted"
  end
end

local function decide(items, found, incident, excepted)
  local list, untouched = {}, 0
  for _, item in ipairs(items) do
    local answer = of_action(item.action, found, incident)
    local why = answer and answer.decision ~= "keep" and exception(item, excepted)
    if why then answer = keep(why) end
    if answer then
      answer.policy = undoing.name
      list[#list + 1] = { entity = tenant.planned(item, answer),
                          value = item.machine and item.machine.deviceValue }
    else
      untouched = untouched + 1
    end
  end
  sort(list)
  for i, one in ipairs(list) do list[i] = one.entity end
  decision.launch_once(list)
  return list, untouched
end

undoing.name = "undo"  -- what a plan calls it, in place of a policy

-- Decides what undoes the actions that `wanted` says: criteria (of mde.service.criteria.action) or
-- ids. `excepted` = { tags, machines }: sets in lower case.
-- -> as mde.program.policy's decide_all: { entities, read, abstained (nothing undoes them, or nothing
-- needs to), onboarded } | nil, err
function undoing.decide(session, wanted, excepted)
  local actions, err
  if wanted.ids then actions, err = by_id(session, wanted.ids)
  else actions, err = session:list(wanted.criteria) end
  if not actions then return nil, err end
  local found
  found, err = standing.read(session)
  if not found then return nil, err end
  local items, incident = {}, {}
  for i, action in ipairs(actions) do
    items[i], incident[action.id:lower()] = { action = action }, true
  end
  local onboarded
  onboarded, err = tenant.read_machines(session, items)
  if not onboarded then return nil, err end
  local list, untouched = decide(items, found, incident, excepted)
  return { entities = list, read = #items, abstained = untouched, onboarded = onboarded }
end

return undoing
