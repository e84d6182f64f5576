-- Detects a client of the simulator that `mde sim` puts in the environment.

local system = require "mde.program.system"

local simulated = {}

simulated.variable = "MDE_SIMULATION"

function simulated.value(scenario, url) return scenario .. " " .. url end

-- Returns the scenario if `client` has the address of the simulator, else nil.
function simulated.scenario(client)
  local scenario, url = (system.getenv(simulated.variable) or ""):match "^(%S+) (%S+)$"
  return scenario and url == client.api_url and scenario or nil
end

return simulated
