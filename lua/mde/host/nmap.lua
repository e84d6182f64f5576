-- nmap: the scripts of a scan run in one Lua state, each in threads of its own, and the
-- scan stands still while none of them sleeps.

return {
  is_shared = true,
  -- Lets the others go on for `pause` seconds. Only a script's thread can wait.
  wait = function(_, _, pause) require "stdnse".sleep(pause) end,
}
