-- Runs a command against several tenants: mde run tenants.lua TENANTS COMMAND ARG...
--
-- It is a playbook for tests. It serves a service for each tenant, writes the configuration file
-- with a profile for each, and runs the command. TENANTS is the Lua text of a table: name of a
-- profile -> { actions = number of open ones, profile = more of its fields (Lua text, in which %s
-- stands for the service's URL), service = options of mde.simulator.service }. A tenant's secret is
-- s3cret~NAME. The last line on standard error has the number of requests that each service
-- received: asked: { ["NAME"] = N, … }

local process = require "mde.process"
local servers = require "mde.simulator.server"
local services = require "mde.simulator.service"
debug.sethook()  -- the command handles Ctrl-C

local tenants = load("return " .. arg[1])()
local names, list = {}, {}
for name in pairs(tenants) do names[#names + 1] = name end
table.sort(names)

local function server_of(name, number)
  local options = { clock = require "mde.base.clock".system, client_secret = "s3cret~" .. name,
                    tenant = ("00000000-0000-4000-8000-%012d"):format(number) }
  for key, value in pairs(tenants[name].service or {}) do options[key] = value end
  local service = services.new(options)
  for _ = 1, tenants[name].actions or 0 do service:add { type = "Isolate" } end
  return assert(servers.new(service))
end

local PROFILE = [[
    [%q] = { tenant = %q, api_url = %q, authority = %q, %s },
]]

local function profile(name, server)
  local more = tenants[name].profile or ("client_secret = %q"):format("s3cret~" .. name)
  return PROFILE:format(name, server.service.tenant, server.url, server.url, more)
end

local text = { "return {\n  defaults = { client_id = '3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587',"
  .. " quota = false },\n  profiles = {\n" }
for i, name in ipairs(names) do
  list[i] = server_of(name, i)
  text[#text + 1] = profile(name, list[i])
end
text[#text + 1] = "  },\n}\n"

local folder = os.getenv "XDG_CONFIG_HOME" .. "/mde"
require "mde.file".make_folder(folder)
local file = assert(io.open(folder .. "/config.lua", "w"))
file:write(table.concat(text))
file:close()
os.execute("chmod 600 " .. folder .. "/config.lua")

local pid = assert(process.spawn(table.move(arg, 2, #arg, 1, {})))
local status
repeat
  for _, server in ipairs(list) do server:step(0.003) end
  status = process.wait(pid)
until status

local asked = {}
for i, name in ipairs(names) do
  asked[i] = ("[%q] = %d"):format(name, list[i].service.ledger:requests())
end
io.stderr:write("asked: { ", table.concat(asked, ", "), " }\n")
os.exit(status)
