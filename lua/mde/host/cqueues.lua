-- Waits in a loop of cqueues: the calling thread of the loop sleeps, and the others run.

local condition = require "cqueues.condition"
local cqueues = require "cqueues"

return {
  is_shared = true,
  waiter = condition.new,
  -- Waits until the engine has an event, at most `seconds`; without a descriptor, `pause` seconds.
  wait = function(engine, seconds, pause, waiter)
    local descriptor = engine:pollfd()
    if not descriptor then return cqueues.sleep(pause) end
    cqueues.poll({ pollfd = descriptor, events = "r" }, waiter,
      math.min(seconds, engine:timeout() or seconds))
  end,
}
