-- What becomes of an action that several policies have answered for: `keep` vetoes, otherwise
-- the first answer counts. And what undoing an action takes.

local date = require "mde.base.date"
local kinds = require "mde.service.kinds"

local decision = {}

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
  local status, kind = action.status, kinds.of[action.type]
  local inverse = kind and kind.makes and kind.inverse
  local open = not kinds.final[status]
  if not open and status ~= "Succeeded" then return {}, status .. ": nothing was done" end
  local steps = { open and "cancel" or nil }
  if status == "Pending" then return steps end
  if not inverse then return steps, ("%s has no inverse"):format(action.type or "?") end
  if not action.machineId then return steps, "its machine is not known: no " .. inverse end
  steps[#steps + 1] = inverse
  return steps
end

local function is_newer(a, b)
  return (date.parse(a.creationDateTimeUtc) or 0) > (date.parse(b.creationDateTimeUtc) or 0)
end

-- What is launched for an entity, and on which machine, as a key | nil
local function launch_of(entity)
  local step = entity.steps and entity.steps[#entity.steps]
  if step and step ~= "cancel" then return step .. " " .. entity.machineId end
end

-- One inverse a machine is enough: the newest of a plan's entities has it, since what is newer
-- by the time of the launch is somebody else's (see mde.client.undo).
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
      entity.note = ("%s is launched for %s"):format(entity.steps[#entity.steps], newest[key].id)
      entity.steps[#entity.steps] = nil
    end
  end
end

return decision
