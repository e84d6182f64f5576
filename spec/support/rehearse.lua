-- A playbook for tests: mde run rehearse.lua OPTIONS COMMAND ARG...
--
-- As `mde sim COMMAND`, with an incident made with OPTIONS (Lua text of a table), to which
-- OPTIONS.arrange(service), if there, adds.
-- The command finds in $POSTED a file with the number of cancels that arrived so
-- far, to wait for, in $REQUESTS one with a line for each request, and in $SECRETS one with
-- a line for each secret that went either way. A last line on standard error tells what
-- the service was asked: ledger: { posts = N, twice = N, requests = N }

local process = require "mde.process"
debug.sethook()  -- Ctrl-C is the command's

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
