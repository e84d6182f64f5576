-- Waits in plain Lua: nothing else runs in the process, so the engine polls.

return {
  is_shared = false,
  -- Waits at most `seconds` (at most 1) until the engine has an event.
  wait = function(engine, seconds) engine:poll(seconds) end,
}
