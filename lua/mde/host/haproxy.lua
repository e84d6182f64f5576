-- Waits in HAProxy, whose tasks, actions and services share one Lua state.
--
-- After 10,000 Lua instructions (tune.lua.forced-yield) HAProxy switches to another task, even
-- in the middle of a change to shared data.

local haproxy = { is_shared = true }

-- Sleeps for `pause` seconds, while other tasks run.
function haproxy.wait(_, _, pause)
  _G.core.msleep(math.ceil(pause * 1000))
end

-- Calls f(a, b, c) without interruption: HAProxy can't switch tasks inside a C function, and
-- here string.gsub calls f. Returns nothing.
function haproxy.whole(f, a, b, c)
  local _ = ("x"):gsub("x", function() f(a, b, c) end)
end

return haproxy
