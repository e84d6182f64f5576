-- limit memory
local threads = {}
while true do threads[#threads + 1] = coroutine.wrap(function() coroutine.yield(threads) end) end
