-- Measures planning of ACTIONS open actions, one per machine: mde run plan.lua ACTIONS
--
-- It runs against the simulator, and prints the figures of used.lua.

local process = require "mde.process"
debug.sethook()

local service = require "mde.simulator.incident".service {
  mistaken = tonumber(arg[1]), history = 0, quota = false }
local server = assert(require "mde.simulator.server".new(service))
local policy = os.tmpname()
local handle = assert(io.open(policy, "w"))
handle:write [[return {
  comment = "bench", name = "bench", guard = { max = 1000000 },
  decide = function(action, machine)
    if machine:tagged "VIP" then return keep "VIP" end
    if action.requestor == "soar@contoso.com" then return cancel "misfired rule" end
  end,
}]]
handle:close()
process.setenv("MDE_TOKEN")
for name, value in pairs(server.environment) do process.setenv(name, value) end
local pid = assert(process.spawn { process.path(), "run", arg[0]:match "^(.*/)" .. "used.lua",
  "--store", "memory", "plan", policy, "-o", policy .. ".plan" })
local status
repeat
  server:step(0.2)
  status = process.wait(pid)
until status
os.remove(policy)
os.remove(policy .. ".plan")
os.exit(status)
