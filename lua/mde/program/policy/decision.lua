-- Combines the answers of several policies, and plans the steps of an undo.
--
-- A `keep` vetoes; otherwise the first answer counts.

local date = require "mde.base.date"
local kinds = require "mde.service.kinds"

local decision = {}

-- Returns the answer that counts, or nil if all abstain. `answers`: array of { policy, decision
-- (nil: abstains), reason }, in the order of the files.
function decision.of(answers)
  local first
  for _, answer in ipairs(answers) do
    if answer.decision == "keep" then return answer end
    if answer.decision and not first then first = answer end
  end
  return first
end

-- Returns the steps that undo an action: "cancel" if it is not final, then the type of the inverse
-- action if it took effect or may have, as one that was InProgress when it was cancelled
-- (`had_begun`). The second value says why a step is missing.
function decision.undoing(action, had_begun)
  local status, kind = action.status, kinds.of[action.type]
  local inverse = kind and kind.makes and kind.inverse
  local open = not kinds.final[status]
  local may_have_effect = status == "Succeeded" or status == "Cancelled" and had_begun
  if not open and not may_have_effect then return {}, status .. ": nothing to undo" end
  local steps = { open and "cancel" or nil }
  if status == "Pending" then return steps end
  if not inverse then return steps, ("%s has no inverse"):format(action.type or "?") end
  if not action.machineId then return steps, "its machine is unknown: no " .. inverse end
  steps[#steps + 1] = inverse
  return steps
end

local function is_newer(a, b)
  return (date.parse(a.creationDateTimeUtc) or 0) > (date.parse(b.creationDateTimeUtc) or 0)
end

-- Returns the type and machine of the action launched for an entity, as a key, or nil.
local function launch_of(entity)
  local step = entity.steps and entity.steps[#entity.steps]
  if step and step ~= "cancel" then return step .. " " .. entity.machineId end
end

-- Leaves one inverse per machine, for the newest of the plan's entities. An action newer than that
-- at launch is not of the plan (see mde.client.undo).
function decision.launch_once(list)
  local newest = {}
  for _, entity in ipairs(list) do
    local key = launch_of(entity)
    local other = key and newest[key]
    if key and not (other and is_newer(other, entity)) then newest[key] = entity end
  end
  for _, entity in ipairs(list) do
    local key = launch_of(entity)
    if key and newest[key] ~= entity then
      entity.note = ("%s will be launched for %s"):format(entity.steps[#entity.steps],
        newest[key].id)
      entity.steps[#entity.steps] = nil
    end
  end
end

return decision
