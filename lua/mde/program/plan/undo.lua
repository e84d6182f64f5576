-- Decides how to undo an incident: cancel open actions, release machines.
--
-- An isolation that was InProgress when it was cancelled may have isolated its machine, so that machine
-- is released too. A machine that is isolated (or restricted) is released if only these actions made it so. It is kept
-- if another action did so too, before or later, or is about to, or if a release is in progress.
-- Cancels come first, and valuable machines before others. If a cancel and a release of a machine
-- cross, it stays isolated.
--
-- `mde cancel` with filters cancels open actions only. So the incident of a batch also has the
-- actions that Succeeded, by the same requestor, with the same comment, and launched at the time of
-- the batch's actions, ten minutes more or less. A machine that another requestor also isolates is
-- kept then.

local date = require "mde.base.date"
local decision = require "mde.program.policy.decision"
local failure = require "mde.program.exit"
local kinds = require "mde.service.kinds"
local review = require "mde.program.plan.review"
local standing = require "mde.program.policy.standing"
local tenant = require "mde.program.policy.tenant"

local undoing = {}

-- Reading

local MOST_MISSING = 2  -- actions that are read once more if a list lacks them, for 10 s each

-- Reads the actions with these ids that exist. -> array
local function by_id(session, ids)
  local found, list = review.actions(session, ids, MOST_MISSING), {}
  for _, id in ipairs(ids) do list[#list + 1] = found[id] end
  return list
end

-- A key of actions that the same rule or person launched for the same reason | nil: no reason
local function key_of(action)
  local comment = action.requestorComment
  if not (action.requestor and type(comment) == "string" and comment:find "%S") then return nil end
  return table.concat({ action.type, action.requestor, comment }, "\0")
end

local MARGIN = 600  -- seconds before the first and after the last action of a batch

-- The times between which the actions that filters chose (`seen`) were launched.
-- -> { key -> { first, last } }
local function spans_of(actions, seen)
  local spans = {}
  for _, action in ipairs(actions) do
    local key, moment = key_of(action), date.parse(action.creationDateTimeUtc)
    if key and moment and seen[action.id:lower()] then
      local span = spans[key] or { moment, moment }
      spans[key] = { math.min(span[1], moment), math.max(span[2], moment) }
    end
  end
  return spans
end

-- Adds the actions of the same incident that had Succeeded before the batch. -> set of their ids
local function add_related(actions, found, seen)
  local spans, known, related = spans_of(actions, seen), {}, {}
  for _, action in ipairs(actions) do known[action.id:lower()] = true end
  for _, machines in pairs(found) do
    for _, machine in pairs(machines) do
      for _, action in ipairs(machine.causes) do
        local span, id = spans[key_of(action)], action.id:lower()
        local moment = span and date.parse(action.creationDateTimeUtc)
        if moment and not known[id] and moment >= span[1] - MARGIN
           and moment <= span[2] + MARGIN then
          actions[#actions + 1], related[id] = action, true
        end
      end
    end
  end
  return related
end

-- Deciding

local UNSEEN = "whether it had begun when it was cancelled is unknown: mde %s releases its machine"

local function keep(reason) return { decision = "keep", reason = reason } end

-- Decides on an action that took effect; nil: nothing to do. `machine` is the state of its machine,
-- `incident` as standing.hindrance takes it.
local function of_done(action, machine, incident)
  if not (machine and machine.done)
     or machine.undoing and incident[machine.undoing.id:lower()] then
    return nil
  end
  local why = standing.hindrance(machine, action, incident)
  if why then return keep(why) end
  if machine.undoing then return keep "its release is in progress" end
  local causes = machine.causes
  if causes[#causes].id ~= action.id then return nil end  -- the newest one is undone
  return { decision = "undo", reason = "" }
end

-- Decides on an open action: cancels it. If it is in progress, it may still take effect; then its
-- machine is released too, unless another action isolates it. `may_begin`: one that is Pending may
-- be released if it begins.
local function of_open(action, machine, incident)
  local steps, kind = decision.undoing(action), kinds.of[action.type]
  local is_free = not (machine and standing.hindrance(machine, action, incident))
  return { decision = steps[2] and is_free and "undo" or "cancel", reason = "",
           may_begin = is_free and machine ~= nil and kind ~= nil and kind.makes ~= nil
                       and action.status == "Pending" }
end

-- Decides on an action that was cancelled. If it was InProgress before (`seen`), it may have had its
-- effect; then its machine is released, unless that was done since.
local function of_cancelled(action, machine, incident, seen)
  local kind = kinds.of[action.type]
  if not (machine and kind and kind.makes) or seen == "Pending"
     or standing.is_released(machine, action)
     or machine.undoing and incident[machine.undoing.id:lower()] then
    return nil
  end
  local why = standing.hindrance(machine, action, incident)
              or machine.undoing and "its release is in progress"
              or not seen and UNSEEN:format(kind.inverse:lower())
  if why then return keep(why) end
  return { decision = "undo", reason = "InProgress when it was cancelled", had_begun = true }
end

local function of_action(action, found, incident, seen)
  local machine = standing.of(found, action)
  if not kinds.final[action.status] then return of_open(action, machine, incident) end
  if action.status == "Cancelled" then return of_cancelled(action, machine, incident, seen) end
  if action.status ~= "Succeeded" then return nil end
  return of_done(action, machine, incident)
end

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

local function decide(items, found, incident, wanted, excepted)
  local list, untouched, may_begin = {}, 0, {}
  for _, item in ipairs(items) do
    local answer = of_action(item.action, found, incident, wanted.seen[item.action.id:lower()])
    local why = answer and answer.decision ~= "keep" and excepted
                and excepted:why(item.action, item.machine)
    if why then answer = keep(why) end
    if answer then
      answer.policy = undoing.name
      may_begin[item.action.id:lower()] = answer.may_begin or nil
      list[#list + 1] = { entity = tenant.planned(item, answer),
                          value = item.machine and item.machine.deviceValue }
    else
      untouched = untouched + 1
    end
  end
  sort(list)
  for i, one in ipairs(list) do list[i] = one.entity end
  decision.launch_once(list)
  return list, untouched, may_begin
end

undoing.name = "undo"  -- stands for a policy's name in a plan

-- Decides how to undo the actions in `wanted`: criteria (of mde.service.criteria.action) or ids of a
-- batch; seen ({ id -> status before it was cancelled }, of the journal).
-- `excepted`: of mde.program.input.exceptions, or nil. -> like mde.program.policy's decide_all:
-- { entities, read, abstained (nothing to undo, or no inverse), onboarded }, and the sets of ids
-- related (not of the batch) and may_begin (to release if they begin before their cancel). Raises
-- the error.
function undoing.decide(session, wanted, excepted)
  local actions = wanted.ids and by_id(session, wanted.ids)
                  or failure.check(session:list(wanted.criteria))
  local found = standing.read(session)
  local related = wanted.ids and add_related(actions, found, wanted.seen) or {}
  local items, incident = {}, {}
  for i, action in ipairs(actions) do
    local id = action.id:lower()
    items[i], incident[id] = { action = action }, not related[id] or standing.related
  end
  local onboarded = tenant.read_machines(session, items)
  local list, untouched, may_begin = decide(items, found, incident, wanted, excepted)
  return { entities = list, read = #items, abstained = untouched, onboarded = onboarded,
           related = related, may_begin = may_begin }
end

return undoing
