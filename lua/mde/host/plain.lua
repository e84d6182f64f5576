-- Plain Lua: nothing else runs in this process, so waiting is the engine's poll.

return {
  -- Waits at most `seconds` (1 at most) for news of the engine.
  wait = function(engine, seconds) engine:poll(seconds) end,
}
