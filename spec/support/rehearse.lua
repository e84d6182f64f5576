-- A playbook for tests: mde run rehearse.lua OPTIONS COMMAND ARG...
--
-- As `mde sim COMMAND`, with an incident made with OPTIONS (Lua text of a table),
-- and a last line on standard error that tells what the service was asked:
-- ledger: { posts = N, twice = N, requests = N }

local process = require "mde.process"
debug.sethook()  -- Ctrl-C is the command's

local service = require "mde.sim.incident".service(load("return " .. arg[1])())
local server = assert(require "mde.sim.server".new(service))
process.setenv("MDE_TOKEN")
for name, value in pairs(server.environment) do process.setenv(name, value) end
local pid = assert(process.spawn(table.move(arg, 2, #arg, 1, {})))
local status
repeat
  server:step(0.2)
  status = process.wait(pid)
until status

local twice = 0
for id in pairs(service.ledger.cancels) do
  if service.ledger:posted(id) > 1 then twice = twice + 1 end
end
io.stderr:write(("ledger: { posts = %d, twice = %d, requests = %d }\n"):format(
  service.ledger:requests "cancel", twice, service.ledger:requests()))
os.exit(status)
