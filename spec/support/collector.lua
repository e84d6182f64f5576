-- A busted helper for Lua 5.4 that collects all garbage often.
--
-- A value that C or Lua forgot to anchor is gone at its next use. Coroutines inherit the hook.
collectgarbage("incremental", 104, 1000, 60)
debug.sethook(function() collectgarbage() end, "", 10000)
