-- Waits in nginx with its Lua module, and in OpenResty.
--
-- A worker serves other clients while a request or timer sleeps. Where nginx does not let Lua
-- sleep (init_by_lua, header filters, log_by_lua …), `wait` raises.

local nginx = { is_shared = true }

local Waiter = {}
Waiter.__index = Waiter

function Waiter:wait(seconds)
  local _, problem = self.semaphore:wait(seconds)
  if problem and problem ~= "timeout" then error("nginx: " .. problem, 0) end
end

function Waiter:signal() self.semaphore:post(1) end

function nginx.waiter()
  return setmetatable({ semaphore = assert(require "ngx.semaphore".new()) }, Waiter)
end

-- Sleeps for `pause` seconds or until the engine has something to do by itself, at least a
-- millisecond: nginx would take less as 0, and a sleep of 0 is expensive. With a descriptor, which
-- Lua can't wait for here, the engine sees at little cost that nothing has come.
function nginx.wait(engine, _, pause, waiter)
  engine:pollfd()
  pause = math.max(math.min(pause, engine:timeout() or pause), 0.001)
  if waiter then return waiter:wait(pause) end
  _G.ngx.sleep(pause)
end

return nginx
