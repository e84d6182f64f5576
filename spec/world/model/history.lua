-- Follows actions and machines through time: their status, tags and isolations.

-- SLACK: seconds by which moments that are the same may differ; LAG: the longest that reads lag.
local M = { SLACK = 1e-6, LAG = 60 }

local FINAL = { Succeeded = true, Failed = true, TimeOut = true, Cancelled = true }

M.INVERSE = { Isolate = "Unisolate", RestrictCodeExecution = "UnrestrictCodeExecution" }

function M.is_final(status) return FINAL[status] == true end

function M.add_action(world, n, event)
  local known = world.histories[event.id] or {}
  world.histories[event.id] = known
  known[#known + 1] = { n = n, at = event.at, status = event.to, event = event }
end

function M.add_machine(world, n, event)
  if not event.tags then return end
  local known = world.tags[event.id] or {}
  world.tags[event.id] = known
  known[#known + 1] = { n = n, at = event.at, tags = event.tags }
end

-- The status of an action at a time; nil before it existed.
function M.status_at(world, id, at)
  local status
  for _, change in ipairs(world.histories[id] or {}) do
    if change.at > at then break end
    status = change.status
  end
  if status or world.histories[id] then return status end
  local action = world.observation.actions[id]
  return action and (action.created or at) <= at and action.status or nil
end

-- Every status that an action had at some time between two times.
function M.statuses_between(world, id, from, to)
  local set = {}
  local first = M.status_at(world, id, from)
  if first then set[first] = true end
  for _, change in ipairs(world.histories[id] or {}) do
    if change.at > from and change.at <= to then set[change.status] = true end
  end
  return set
end

-- The change that made an action Cancelled, Succeeded, Failed or TimeOut.
function M.last_change(world, id)
  local known = world.histories[id] or {}
  return known[#known]
end

-- When an action was created, in true time.
function M.created(world, id)
  local action, known = world.observation.actions[id], world.histories[id]
  return action and action.created or known and known[1].at
end

-- The request that created an action, or nil.
function M.creator(world, id)
  local first = (world.histories[id] or {})[1]
  return first and not first.event.from and world.by_number[first.event.request] or nil
end

-- The tags of a machine at a time; nil if they are not known.
function M.tags_at(world, machine, at)
  local known, tags = world.tags[machine], nil
  if not known then
    local row = world.observation.machines[machine]
    return row and row.machineTags
  end
  for _, change in ipairs(known) do
    if change.at <= at then tags = change.tags end
  end
  return tags
end

function M.tags_change(world, machine, from, to)
  for _, change in ipairs(world.tags[machine] or {}) do
    if change.at > from and change.at <= to then return true end
  end
  return false
end

-- All actions of one type on one machine, in the order of their ids.
function M.on_machine(world, machine, kind)
  local list = {}
  for id, action in pairs(world.observation.actions) do
    if action.machineId == machine and action.type == kind then list[#list + 1] = id end
  end
  table.sort(list)
  return list
end

-- The action in the body of an answer, alone or in a list | nil
function M.shown(answer, id)
  if type(answer) ~= "table" then return nil end
  if answer.id == id then return answer end
  for _, action in ipairs(type(answer.value) == "table" and answer.value or {}) do
    if action.id == id then return action end
  end
end

return M
