-- Runs a plan and judges it. -> violations, observation

local model = require "spec.world.model"
local process_ends = require "spec.world.process_ends"
local worlds = require "spec.world.world"

-- The beginning of the names of database files: in memory, if this system has such a folder.
local function new_prefix()
  local name = os.tmpname()
  os.remove(name)
  local other = "/dev/shm/mde-world-" .. name:match "[^/]*$"
  local file = io.open(other, "w")
  if not file then return name end
  file:close()
  os.remove(other)
  return other
end

local prefix

return function(plan)
  prefix = prefix or new_prefix()
  local observation = worlds.run(plan, prefix)
  local violations = model(observation)
  for _, violation in ipairs(process_ends.judge(observation)) do
    table.insert(violations, violation)
  end
  return violations, observation
end
