-- Runs a command against a simulated incident: mde run rehearse.lua OPTIONS COMMAND ARG...
--
-- It is a playbook for tests, like `mde sim COMMAND`. OPTIONS is the Lua text of a table for the
-- incident; OPTIONS.arrange(service), if given, adds to it. $POSTED names a file with the number of
-- cancels that have arrived, $REQUESTS one with a line per request, $SECRETS one with a line per
-- secret sent in either direction. The last line on standard error has the requests that the
-- service received: ledger: { posts = N, twice = N, requests = N }

local process = require "mde.process"
debug.sethook()  -- the command handles Ctrl-C

local options = load("return " .. arg[1])()
local arrange = options.arrange
options.arrange = nil
local service = require "mde.simulator.incident".service(options)
if arrange then arrange(service) end
local server = assert(require "mde.simulator.server".new(service))
local posted, noted = os.tmpname(), nil

local requests_path, secrets_path = os.tmpname(), os.tmpname()
local requests = assert(io.open(requests_path, "w"))
local secrets = dofile(arg[0]:match "^(.*/)" .. "secrets.lua").new(secrets_path)
local answer = service.answer
function service:answer(request)
  requests:write(request.method, " ", request.path, "\n")
  requests:flush()
  local given = answer(self, request)
  secrets:note(request, given)
  return given
end

local function note_posts()
  local count = service.ledger:requests "cancel"
  if count == noted then return end
  noted = count
  local file = assert(io.open(posted .. ".new", "w"))
  file:write(count, "\n")
  file:close()
  os.rename(posted .. ".new", posted)
end

process.setenv("MDE_TOKEN")
process.setenv("POSTED", posted)
process.setenv("REQUESTS", requests_path)
process.setenv("SECRETS", secrets_path)
for name, value in pairs(server.environment) do process.setenv(name, value) end
note_posts()
local pid = assert(process.spawn(table.move(arg, 2, #arg, 1, {})))
local status
repeat
  server:step(0.2)
  note_posts()
  status = process.wait(pid)
until status
os.remove(posted)
os.remove(requests_path)
os.remove(secrets_path)

local twice = 0
for id in pairs(service.ledger.cancels) do
  if service.ledger:posted(id) > 1 then twice = twice + 1 end
end
io.stderr:write(("ledger: { posts = %d, twice = %d, requests = %d }\n"):format(
  service.ledger:requests "cancel", twice, service.ledger:requests()))
os.exit(status)
