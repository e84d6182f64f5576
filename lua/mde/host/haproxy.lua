-- HAProxy: its tasks, actions and services share one Lua state.
--
-- After 10,000 instructions of Lua (tune.lua.forced-yield) HAProxy lets others run,
-- wherever that is, so also in the middle of what they share.

local haproxy = { is_shared = true }

-- Lets the others go on for `pause` seconds.
function haproxy.wait(_, _, pause)
  _G.core.msleep(math.ceil(pause * 1000))
end

-- Calls f(a, b, c), and nobody else meanwhile: in what a C function calls HAProxy can't stop,
-- and string.gsub calls this. f returns nothing.
function haproxy.whole(f, a, b, c)
  local _ = ("x"):gsub("x", function() f(a, b, c) end)
end

return haproxy
