-- A busted helper for Lua 5.4: collects garbage often and each time whole, so
-- that whatever C or Lua forgot to anchor is gone when it is used next.
-- Coroutines inherit the hook.
collectgarbage("incremental", 104, 1000, 60)
debug.sethook(function() collectgarbage() end, "", 10000)
