-- The service's limits, kept on our side.
--
-- For each operation the service counts calls in two windows, a minute and an
-- hour (100 and 1500 for one application in one tenant). A call takes a slot
-- before it goes out. The slot is stamped when the answer arrives, since the
-- service counted the call no later than that; a slot whose answer never came
-- is stamped at taken + timeout. Windows are kept a second longer than the
-- service's. So as long as no request is delayed beyond its timeout, the
-- service never sees one call too many in any minute or hour of its clock.

local quota = {}

local Bucket = {}
Bucket.__index = Bucket

local MARGIN = 1  -- seconds

local function new_bucket(windows)
  local most = 0
  for _, window in ipairs(windows) do most = math.max(most, window.limit) end
  return setmetatable({
    windows = windows,   -- of { limit, seconds }
    stamps = {},         -- when slots were answered, ascending, up to `last`
    last = 0,
    most = most,         -- how many of the last stamps a window may ask for
    out = 0,             -- slots taken and not yet stamped
    paused = -math.huge,
  }, Bucket)
end

-- When this window has room, given what is out: now or earlier, a moment to
-- come, or nil if only an answer can tell.
function Bucket:free_at(window)
  local others = window.limit - self.out  -- stamps that may lie in the window, and one more
  if others < 1 then return nil end
  local stamp = self.stamps[self.last - others + 1]
  return stamp and stamp + window.seconds + MARGIN or -math.huge
end

function Bucket:take(now)
  local free = self.paused
  for _, window in ipairs(self.windows) do
    local at = self:free_at(window)
    if not at then return nil end
    free = math.max(free, at)
  end
  if free > now then return nil, free end
  self.out = self.out + 1
  return { taken = now, bucket = self }
end

-- The service counted a call, at `moment` at the latest. Later stamps are those of
-- lost calls, which lie in the future.
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

local Quota = {}
Quota.__index = Quota

-- `limits(operation)` gives per_minute and per_hour, or nothing for a service
-- without limits.
function quota.new(limits)
  return setmetatable({ limits = limits, buckets = {} }, Quota)
end

function Quota:bucket(operation)
  local bucket = self.buckets[operation]
  if not bucket then
    local per_minute, per_hour = self.limits(operation)
    local windows = {}
    if per_minute then windows[#windows + 1] = { limit = per_minute, seconds = 60 } end
    if per_hour then windows[#windows + 1] = { limit = per_hour, seconds = 3600 } end
    bucket = new_bucket(windows)
    self.buckets[operation] = bucket
  end
  return bucket
end

-- Takes a slot for one call. -> slot | nil, when one may be free (nil: when
-- another call is answered)
function Quota:take(operation, now)
  return self:bucket(operation):take(now)
end

-- The slot's call was answered now. A slot is given back once, however often it is said.
function Quota:answered(slot, now)
  if slot.settled then return end
  slot.settled = true
  local bucket = slot.bucket
  bucket.out = bucket.out - 1
  bucket:stamp(now)
end

-- The slot's call went out and no answer will come: the service may count it
-- as late as its timeout allows.
function Quota:lost(slot, now, timeout)
  self:answered(slot, math.max(now, slot.taken + timeout))
end

-- The slot's call never went out.
function Quota:unused(slot)
  if slot.settled then return end
  slot.settled = true
  slot.bucket.out = slot.bucket.out - 1
end

-- Nothing of this operation goes out before `moment`: the service said so.
function Quota:pause(operation, moment)
  local bucket = self:bucket(operation)
  bucket.paused = math.max(bucket.paused, moment)
end

-- The least seconds from the first of `count` calls to the last when they start with
-- unused windows: full hours and the full minutes of what is left, or full minutes
-- alone where their limit is so low that the hour's is never reached.
function Quota:at_best(operation, count)
  count = math.max(count, 1)
  local windows, alone, nested, left = self:bucket(operation).windows, 0, 0, count
  for i = #windows, 1, -1 do
    local limit, seconds = windows[i].limit, windows[i].seconds + MARGIN
    local full = math.floor((left - 1) / limit)
    nested, left = nested + full * seconds, left - full * limit
    alone = math.max(alone, math.floor((count - 1) / limit) * seconds)
  end
  return math.max(alone, nested)
end

return quota
