-- Helpers for specs of programs that embed mde: a service, and shell scripts.
--
-- The service is spec/embedding/service.conf; the scripts start a program, call it and stop it.

local cjson = require "cjson"
local program = require "spec.support.program"

local host = {}

local root = program.examples:match "^(.*)/"

-- Runs a command. -> its output and errors, true if it succeeded
function host.lines(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "a"
  return text, (pipe:close())
end

local Service = {}
Service.__index = Service

-- Starts one. -> service: folder (with certificates, see spec/support/nginx.sh), url (of HTTP/1.1), http2_url
function host.service()
  local self = setmetatable({ folder = host.lines("mktemp -d"):match "%S+" }, Service)
  local ports, started = host.lines(
    ("MDE_TEST_ROOT=%s %s/nginx.sh start %s %s/spec/embedding/service.conf")
    :format(root, program.support, self.folder, root))
  assert(started, ports)
  self.url = "https://localhost:" .. ports:match "SERVICE_PORT=(%d+)"
  self.http2_url = "https://localhost:" .. ports:match "HTTP2_PORT=(%d+)"
  self.control = "http://127.0.0.1:" .. ports:match "CONTROL_PORT=(%d+)"
  return self
end

function Service:stop()
  host.lines(("%s/nginx.sh stop %s; rm -rf %s"):format(program.support, self.folder, self.folder))
end

-- The environment by which a program finds it, as words of the shell; `lua` is the version
-- of Lua in it.
function Service:environment(lua)
  local build = program.path:match "^(.*)/bin/"
  return table.concat({
    "AZURE_TENANT_ID=contoso.com AZURE_CLIENT_ID=3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587",
    "AZURE_CLIENT_SECRET=sesame-secret", "MDE_API_URL=" .. self.url,
    "AZURE_AUTHORITY_HOST=" .. self.url, "MDE_CA_FILE=" .. self.folder .. "/ca.pem",
    ("LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua;;'"):format(root, root),
    ("LUA_CPATH='%s/lib/lua/%s/?.so;;'"):format(build, lua),
  }, " ")
end

-- Does /hold/NAME, /release/NAME, /deny/token, /slow/get, /clear or /counts. -> what was counted
function Service:ask(path)
  local text = host.lines(("curl -sS --max-time 20 %s/%s"):format(self.control, path))
  local ok, counts = pcall(cjson.decode, text)
  assert(ok, text)
  return counts
end

-- Waits until `count` requests of a kind have come; raises when they don't in a minute.
function Service:await(name, count)
  local ends = os.time() + 60
  repeat
    assert(os.time() < ends, "no request came: " .. name)
  until (self:ask "counts"[name] or 0) >= count
end

-- The id of the action number `i`.
function host.id(i) return ("%08x-7557-4ab7-9782-d50480024a4e"):format(i) end

-- A free port, as far as one can know.
function host.port()
  return tonumber((host.lines "od -An -N2 -tu2 /dev/urandom"):match "%d+") % 20000 + 10000
end

return host
