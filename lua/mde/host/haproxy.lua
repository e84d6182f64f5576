-- Waits in HAProxy, whose tasks, actions and services share one Lua state.
--
-- After 10,000 Lua instructions (tune.lua.forced-yield) HAProxy switches to another task, even
-- in the middle of a change to shared data.

local haproxy = { is_shared = true }

local LOOK = 0.05  -- seconds between two looks of a waiter for its signal

local function sleep(seconds) _G.core.msleep(math.max(1, math.ceil(seconds * 1000))) end

-- HAProxy 2.6 can't end a sleep, so that a waiter looks for its signal now and then.
local Waiter = {}
Waiter.__index = Waiter

function Waiter:wait(seconds)
  while seconds > 0 and not self.is_signalled do
    sleep(math.min(seconds, LOOK))
    seconds = seconds - LOOK
  end
end

function Waiter:signal() self.is_signalled = true end

function haproxy.waiter() return setmetatable({ is_signalled = false }, Waiter) end

-- Sleeps for `pause` seconds or until the engine has something to do by itself, while other tasks
-- run. With a descriptor, which Lua can't wait for here, the engine sees at little cost that
-- nothing has come.
function haproxy.wait(engine, _, pause, waiter)
  engine:pollfd()
  pause = math.max(math.min(pause, engine:timeout() or pause), 0.001)
  if waiter then return waiter:wait(pause) end
  sleep(pause)
end

-- Calls f(a, b, c) without interruption: HAProxy can't switch tasks inside a C function, and
-- here string.gsub calls f. Returns nothing.
function haproxy.whole(f, a, b, c)
  local _ = ("x"):gsub("x", function() f(a, b, c) end)
end

return haproxy
