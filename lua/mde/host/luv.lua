-- Waits in a loop of luv: the calling coroutine yields, and a handle of the loop resumes it.
--
-- libuv allows one handle per descriptor, so that coroutines that wait for the engine share it.

local uv = require "luv"

local luv = { is_shared = true }

local polls = {}  -- descriptor -> { handle, alarms: a set }

-- A sleep of a coroutine, which `signal` ends

local Alarm = {}
Alarm.__index = Alarm

local function forget(alarm)
  local poll = polls[alarm.descriptor]
  if not poll then return end
  poll.alarms[alarm] = nil
  if next(poll.alarms) then return end
  poll.handle:close()
  polls[alarm.descriptor] = nil
end

-- Ends a sleep, in the loop. An error raised in the coroutine propagates to the loop.
local function ring(alarm)
  alarm.timer:close()
  alarm.timer = nil
  if alarm.descriptor then forget(alarm) end
  if coroutine.status(alarm.thread) ~= "suspended" then return end
  local ok, raised = coroutine.resume(alarm.thread)
  if not ok then error(raised, 0) end
end

function Alarm:wait(seconds)
  self.timer = uv.new_timer()
  self.timer:start(math.ceil(seconds * 1000), 0, function() ring(self) end)
  while self.timer do coroutine.yield() end
end

-- The coroutine continues in the next round of the loop.
function Alarm:signal()
  if self.timer then self.timer:start(0, 0, function() ring(self) end) end
end

function luv.waiter()
  local thread, is_main = coroutine.running()
  if not thread or is_main then
    error('mde: with host = "luv", make calls in a coroutine', 0)
  end
  return setmetatable({ thread = thread, timer = nil, descriptor = nil }, Alarm)
end

-- Signals an alarm when a descriptor is readable.
local function watch(alarm, descriptor)
  local poll = polls[descriptor]
  if not poll then
    poll = { handle = assert(uv.new_poll(descriptor)), alarms = {} }
    polls[descriptor] = poll
    poll.handle:start("r", function()
      for each in pairs(poll.alarms) do each:signal() end
    end)
  end
  poll.alarms[alarm], alarm.descriptor = true, descriptor
end

-- Waits until the engine has an event, at most `seconds`; without a descriptor, `pause` seconds.
function luv.wait(engine, seconds, pause, alarm)
  alarm = alarm or luv.waiter()
  local descriptor = engine:pollfd()
  if not descriptor then return alarm:wait(pause) end
  watch(alarm, descriptor)
  alarm:wait(math.min(seconds, engine:timeout() or seconds))
end

return luv
