-- Tells from the service's history what became of an undo and its machine.

local history = require "spec.world.model.history"

local SLACK, LAG = history.SLACK, history.LAG

local undo = {}

-- Looks for an inverse of the action, launched after it, that satisfies `is_right(status)`.
function undo.has_inverse(world, item, entry, is_right)
  local action = world.observation.actions[item.id]
  local kind = action and history.INVERSE[action.type]
  if not kind then return false end
  for _, id in ipairs(history.on_machine(world, action.machineId, kind)) do
    local status = history.status_at(world, id, entry.at + SLACK)
    if status and history.created(world, id) + SLACK >= history.created(world, item.id)
      and is_right(status) then
      return true
    end
  end
  return false
end

-- Returns true if the machine of an undo has another isolation, or a release.
function undo.is_moot(world, item)
  local action = world.observation.actions[item.id]
  local inverse = action and item.row.decision == "undo" and history.INVERSE[action.type]
  return inverse and (#history.on_machine(world, action.machineId, action.type) > 1
    or #history.on_machine(world, action.machineId, inverse) > 0) or false
end

-- An undo may cancel an action, or launch a release that fails, before its machine changes.
function undo.has_released(world, item, entry, post)
  local effect = post.event.effect
  if item.row.decision ~= "undo" then return effect ~= nil end
  local status = effect == "launched"
    and history.status_at(world, post.event.action, entry.at + SLACK)
  return status and (status == "Succeeded" or not history.is_final(status))
end

-- An undo is needed if the action is the only isolation of its machine that anyone launched, it
-- succeeded a minute ago, and no one has launched a release.
function undo.is_needed(world, item, at)
  local action = world.observation.actions[item.id]
  local inverse = action and history.INVERSE[action.type]
  return inverse ~= nil and history.status_at(world, item.id, at - LAG) == "Succeeded"
    and #history.on_machine(world, action.machineId, action.type) == 1
    and #history.on_machine(world, action.machineId, inverse) == 0
end

return undo
