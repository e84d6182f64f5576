-- Runs a plan and judges it. -> violations, observation

local provisional = require "spec.world.provisional"
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
  return provisional.judge(observation), observation
end
