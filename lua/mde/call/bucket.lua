-- Counts one operation's calls in the current windows, by the moments of one monotonic clock.
--
-- The service counts per minute and per hour. A call takes a slot before it is sent. The slot is
-- stamped when the answer arrives, since the service counted the call no later than that; a slot
-- without an answer is stamped at taken + timeout. Windows are kept a second longer than the
-- service's. So if no request is delayed beyond its timeout, the service never counts one call too
-- many in any minute or hour of its clock.

local breakers = require "mde.call.breaker"
local turns = require "mde.call.turns"

local bucket = {}

local Bucket = {}
Bucket.__index = Bucket

local MARGIN = 1  -- seconds

-- `windows` is an array of { limit, seconds }.
function bucket.new(windows)
  local most = 0
  for _, window in ipairs(windows) do most = math.max(most, window.limit) end
  return setmetatable({
    windows = windows,
    stamps = {},           -- when slots were answered, ascending, up to `last`
    last = 0,
    most = 2 * most,       -- how many stamps are kept: those of other processes may be removed
    out = 0,               -- own slots taken and not yet stamped
    others = {},           -- unanswered slots of other processes -> the moments of their stamps
    paused = -math.huge,   -- nothing is sent before
    looked_at = -math.huge,  -- when the events of other processes were last read
    turns = turns.new(),
    breaker = breakers.new(),
  }, Bucket)
end

-- When a window has room for a call, if `reserve` (a share) of it and `ahead` slots are left to
-- others: a moment, past or to come, or nil if that depends on an answer.
local function free_at(self, window, reserve, ahead)
  local limit = math.max(1, math.floor(window.limit * (1 - reserve) + 1e-9))
  local others = limit - self.out - ahead  -- stamps that may lie in the window, and one more
  if others < 1 then return nil end
  local stamp = self.stamps[self.last - others + 1]
  return stamp and stamp + window.seconds + MARGIN or -math.huge
end

-- When a call may be sent: a moment, past or to come, or nil if that depends on an answer.
function Bucket:free_at(reserve, ahead)
  local free, windows = self.paused, self.windows
  for i = 1, #windows do
    local at = free_at(self, windows[i], reserve, ahead or 0)
    if not at then return nil end
    free = math.max(free, at)
  end
  return free
end

-- Stamps a call that the service counted at `moment` at the latest. Stamps of lost calls lie in
-- the future.
function Bucket:stamp(moment)
  local stamps, position = self.stamps, self.last + 1
  while (stamps[position - 1] or moment) > moment do
    stamps[position] = stamps[position - 1]
    position = position - 1
  end
  stamps[position] = moment
  self.last = self.last + 1
  stamps[self.last - self.most] = nil
end

-- Removes one stamp of this moment.
local function unstamp(self, moment)
  local stamps, position = self.stamps, self.last
  while stamps[position] and stamps[position] > moment do position = position - 1 end
  if stamps[position] ~= moment then return end
  for i = position, self.last do stamps[i] = stamps[i + 1] end
  self.last = self.last - 1
end

-- Counts a slot of another process, whose answer comes at `moment` at the latest.
function Bucket:expect(slot, moment)
  self.others[slot] = moment
  self:stamp(moment)
end

-- Settles it: it was answered at `moment` (nil: its call was never sent).
function Bucket:settle(slot, moment)
  local expected = self.others[slot]
  if not expected then return end
  self.others[slot] = nil
  unstamp(self, expected)
  if moment then self:stamp(moment) end
end

-- Reports whether another process may be answered before the moment of its stamp.
function Bucket:is_shared(now)
  for slot, moment in pairs(self.others) do
    if moment > now then return true end
    self.others[slot] = nil
  end
  return false
end

-- The position of the first stamp after `moment`.
local function position_after(self, moment)
  local low, high = math.max(1, self.last - self.most + 1), self.last + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    if (self.stamps[middle] or -math.huge) > moment then high = middle else low = middle + 1 end
  end
  return low
end

-- Counts the calls in a window, unanswered ones included; and when the first of them leaves it (nil:
-- unknown, or there is none).
function Bucket:used(window, now)
  local first = position_after(self, now - window.seconds - MARGIN)
  local oldest = self.stamps[first]
  return self.last - first + 1 + self.out, oldest and oldest + window.seconds + MARGIN
end

-- The earliest moment at which the last of `count` calls can be sent, if each is answered at once
-- and no other process calls.
function Bucket:best(count, now, reserve)
  local trial = bucket.new(self.windows)
  for i = math.max(1, self.last - self.most + 1), self.last do
    if self.stamps[i] then trial:stamp(self.stamps[i]) end
  end
  trial.paused = self.paused
  local moment = now
  for _ = 1, count do
    moment = math.max(moment, trial:free_at(reserve))
    trial:stamp(moment)
  end
  return moment
end

return bucket
