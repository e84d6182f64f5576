-- Checks each release of an undo: no other person wants the machine isolated.
--
-- An isolation counts if its requestor is another one than that of the action that is undone, if
-- it is not itself undone, and if the process could know of it: it is older than a minute, or an
-- answer to the process showed it.

local history = require "spec.world.model.history"

local LAG = 60
local WANTS = { Pending = true, InProgress = true, Succeeded = true }

local function is_undone_too(item, id)
  for _, other in ipairs(item.batch.list) do
    if other.id == id then return true end
  end
  return false
end

local function was_released(world, id, inverse, at)
  local action = world.observation.actions[id]
  for _, other in ipairs(history.on_machine(world, action.machineId, inverse)) do
    if history.created(world, other) > history.created(world, id)
      and history.status_at(world, other, at) == "Succeeded" then
      return true
    end
  end
  return false
end

local function shows(answer, id)
  if type(answer) ~= "table" then return false end
  if answer.id == id then return true end
  for _, action in ipairs(type(answer.value) == "table" and answer.value or {}) do
    if action.id == id then return true end
  end
  return false
end

local function was_shown(world, id, post)
  for _, read in ipairs(world.reads[post.store] or {}) do
    local answer = read.answer
    if read.process == post.process and answer and answer.outcome == "delivered"
      and answer.at <= post.sent and shows(read.event.answer, id) then
      return true
    end
  end
  return false
end

local function wants(world, item, undone, id, post)
  local action = world.observation.actions[id]
  if id == item.id or action.requestor == undone.requestor or is_undone_too(item, id) then
    return false
  end
  local created, status = history.created(world, id), history.status_at(world, id, post.sent)
  if not created or created >= post.sent or not WANTS[status] then return false end
  if created < history.created(world, item.id) and status ~= "Succeeded" then return false end
  return not was_released(world, id, history.INVERSE[undone.type], post.sent)
    and (created < post.sent - LAG or was_shown(world, id, post))
end

return function(world, report)
  for _, post in ipairs(world.posts) do
    local item = post.item
    local undone = item and item.row.decision == "undo" and world.observation.actions[item.id]
    if undone and post.event.operation:find "^launch:un" then
      for _, id in ipairs(history.on_machine(world, undone.machineId, undone.type)) do
        if wants(world, item, undone, id, post) then
          report("release", { post.n }, "%s released %s, which %s also isolates (%s)",
            post.process, undone.machineId, tostring(world.observation.actions[id].requestor), id)
        end
      end
    end
  end
end
