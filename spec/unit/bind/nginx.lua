-- A real nginx for specs, under every Lua: spec/support/nginx.sh.
--
-- Whatever becomes of this process, nginx ends with it: a shell waits for the
-- end of its input, which is this process's to close. A sanitizer that was
-- loaded before this interpreter is not for other programs.

local nginx = {}

local SCRIPT = "exec env -u LD_PRELOAD sh spec/support/nginx.sh "

local Nginx = {}
Nginx.__index = Nginx

-- Starts it with the configuration `template`. -> { ports = name -> number, … }
function nginx.start(template)
  local pipe = assert(io.popen "exec env -u LD_PRELOAD mktemp -d /tmp/mde-nginx-XXXXXX")
  local folder = pipe:read()
  pipe:close()
  pipe = assert(io.popen(SCRIPT .. "start " .. folder .. " " .. template))
  local ports = {}
  for line in pipe:lines() do
    local name, port = line:match "^([%w_]+)_PORT=(%d+)$"
    if name then ports[name] = tonumber(port) end
  end
  pipe:close()
  assert(next(ports), "nginx did not start")
  local keeper = assert(io.popen(([[unset LD_PRELOAD; cat >/dev/null
    sh spec/support/nginx.sh stop %s; rm -rf %s]]):format(folder, folder), "w"))
  return setmetatable({ folder = folder, ports = ports, keeper = keeper }, Nginx)
end

-- The URL of a path on one of its ports; the scheme is http unless given.
function Nginx:url(port, path, scheme)
  return ("%s://127.0.0.1:%d%s"):format(scheme or "http", self.ports[port], path)
end

-- Returns when it has ended.
function Nginx:stop()
  self.keeper:close()
end

return nginx
