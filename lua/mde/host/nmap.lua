-- Waits in nmap, whose scripts share one Lua state, each with its own threads.
--
-- The scan stops while a script runs without sleeping.

return {
  is_shared = true,
  -- Sleeps for `pause` seconds, while other scripts run. Only a script's thread can wait.
  wait = function(_, _, pause) require "stdnse".sleep(pause) end,
}
