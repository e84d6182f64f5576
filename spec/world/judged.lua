-- Runs a plan and judges it. -> violations, observation

local provisional = require "spec.world.provisional"
local worlds = require "spec.world.world"

local FOLDER = os.getenv "WORLD_FOLDER" or "/dev/shm"

return function(plan)
  local observation = worlds.run(plan, FOLDER)
  return provisional.judge(observation), observation
end
