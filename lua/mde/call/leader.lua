-- Lets one of the threads that wait for a client wait for the engine, while the others sleep.
--
-- This takes a host that can end a thread's sleep (`waiter`, see mde.host), or has it look for a
-- signal. The leader moves all calls and wakes the threads whose calls have ended; a thread with a
-- new call wakes the leader. When a leader's own calls have ended, it wakes the next one. If it
-- was killed, the others notice within about a second.

local leader = {}

local Leader = {}
Leader.__index = Leader

local SLEEP = 1    -- seconds after which a sleeper looks for a leader
local LOOKS = 25   -- sleepers that look in each such time; of more, the others sleep longer
local GRACE = 0.1  -- seconds by which a leader may wake late

function leader.new(client)
  return setmetatable({
    client = client,
    ends = -math.huge,  -- the moment after which the leader is gone; -math.huge: it has woken
    sleeps = 0,         -- counts them
    waiter = nil,       -- the leader's, while it waits
    sleepers = setmetatable({}, { __mode = "k" }),  -- thread -> its waiter, the leader's too
  }, Leader)
end

-- Reports whether another thread waits for the engine, and moves what comes.
function Leader:is_there(now)
  return now < self.ends
end

-- The seconds of the next sleep.
local function sleep_of(self, is_patient)
  local many = math.floor(#self.client.scheduler.tasks / LOOKS)
  self.sleeps = self.sleeps + 1
  return SLEEP * (1 + (is_patient and self.sleeps % (many + 1) or 0))
end

-- Waits at most `seconds` for the engine, or sleeps if there is a leader: for about a second, or
-- longer if the thread only waits to be woken (`is_patient`).
function Leader:wait(pause, seconds, is_patient)
  local client, host = self.client, self.client.host
  local thread = host.waiter and coroutine.running()
  if not thread then return host.wait(client.engine, seconds, pause) end
  local now, waiter = client.clock.monotonic(), host.waiter()
  local ok, raised
  self.sleepers[thread] = waiter
  if not self:is_there(now) then
    self.ends, self.waiter = now + seconds + GRACE, waiter
    ok, raised = pcall(host.wait, client.engine, seconds, pause, waiter)
    self.ends, self.waiter = -math.huge, nil
  else
    ok, raised = pcall(waiter.wait, waiter, sleep_of(self, is_patient))
  end
  self.sleepers[thread] = nil
  if not ok then error(raised, 0) end
end

-- Has the leader step.
function Leader:prompt()
  if self.waiter then self.waiter:signal() end
end

-- Wakes the thread that waits for a task, which has ended: all threads, if any may wait for it.
function Leader:wake(task)
  if not task.caller then return self:wake_all() end
  local waiter = self.sleepers[task.caller[1] or false]
  if waiter then waiter:signal() end
end

function Leader:wake_all()
  for _, waiter in pairs(self.sleepers) do waiter:signal() end
end

-- Wakes a thread that leads from now on, if none does.
function Leader:hand_over()
  if self:is_there(self.client.clock.monotonic()) then return end
  local _, waiter = next(self.sleepers)
  if waiter then waiter:signal() end
end

return leader
