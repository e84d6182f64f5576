-- What becomes of an action that several policies have answered for: `keep` vetoes, otherwise
-- the first answer counts. And what undoing an action takes.

local entities = require "mde.entity"

local decision = {}

-- What undoes what.
local INVERSE = { Isolate = "Unisolate", RestrictCodeExecution = "UnrestrictCodeExecution" }

-- `answers`: array of { policy, decision (nil: abstains), reason }, in the order of files.
-- -> the one that counts | nil: all abstain
function decision.of(answers)
  local first
  for _, answer in ipairs(answers) do
    if answer.decision == "keep" then return answer end
    if answer.decision and not first then first = answer end
  end
  return first
end

-- What undoing an action takes: array of "cancel" (what is not final) and of the type of
-- action that is launched on its machine (what has been done, or may have been); and what is
-- to be said where something is missing.
function decision.undoing(action)
  local status, inverse = action.status, INVERSE[action.type]
  local open = not entities.final[status]
  if not open and status ~= "Succeeded" then return {}, status .. ": nothing was done" end
  local steps = { open and "cancel" or nil }
  if status == "Pending" then return steps end
  if not inverse then return steps, ("%s has no inverse"):format(action.type or "?") end
  if not action.machineId then return steps, "its machine is not known: no " .. inverse end
  steps[#steps + 1] = inverse
  return steps
end

-- One inverse a machine is enough: the first entity of a plan has it.
function decision.launch_once(list)
  local launched = {}
  for _, entity in ipairs(list) do
    local steps = entity.steps or {}
    local step = steps[#steps]
    if step and step ~= "cancel" then
      local key = step .. " " .. entity.machineId
      if launched[key] then
        steps[#steps] = nil
        entity.note = ("%s is launched for %s"):format(step, launched[key])
      else
        launched[key] = entity.id
      end
    end
  end
end

return decision
