-- Keeps calls within the service's limits: a bucket (mde.call.bucket) for each operation of one
-- application in one tenant.
--
-- All processes of the application share the limits through the windows of a store: each process
-- notes there the slots that it takes, and reads those of the others. Outcomes of slots are
-- buffered until the next commit; the slots of a process that dies before count as answered at
-- taken + timeout.

local buckets = require "mde.call.bucket"
local memory = require "mde.store.memory"

local quota = {}

local Quota = {}
Quota.__index = Quota

local LOOK = 1  -- seconds between two reads of the windows while other processes await answers

-- `limits(operation)` returns the calls per minute and per hour, or nothing for a service without
-- limits; `timeout` is that of a request, in seconds (default 60); `windows` are those of a store
-- (default: private ones); `reserve` is the share of each window that is left to others (default
-- none).
function quota.new(limits, timeout, windows, reserve)
  windows = windows or memory.new():windows ""
  return setmetatable({
    limits = limits, shared = windows, buckets = windows.buckets, timeout = timeout or 60,
    reserve = reserve or 0, pending = {},
    is_urgent = false,  -- an open breaker holds back no call that was not a probe yet
    held = {},          -- operation -> until when its breaker holds a call back
    unanswered_since = false, unanswered_at = false,  -- the first and the last failure since the
                                                      -- last answer
  }, Quota)
end

-- Keeps the pauses of these buckets.
local function keep_pauses(self, others)
  for operation, bucket in pairs(others) do
    if bucket.paused > -math.huge then self:pause(operation, bucket.paused) end
  end
end

-- Uses other windows of the store from now on.
function Quota:share(windows)
  local before = self.buckets
  self.shared, self.buckets = windows, windows.buckets
  if before ~= self.buckets then keep_pauses(self, before) end
end

-- Replaces the quota of the same application whose store was lost: keeps its pauses.
function Quota:replace(other)
  keep_pauses(self, other.buckets)
end

function Quota:bucket(operation)
  local bucket = self.buckets[operation]
  if not bucket then
    local per_minute, per_hour = self.limits(operation)
    local windows = {}
    if per_minute then windows[#windows + 1] = { limit = per_minute, seconds = 60 } end
    if per_hour then windows[#windows + 1] = { limit = per_hour, seconds = 3600 } end
    bucket = buckets.new(windows)
    self.buckets[operation] = bucket
  end
  return bucket
end

local ON_BREAKER = { failed = true, unread = true, throttled = true, answered = true }

-- Closes the breaker, since another process was answered. This process's own failures since then still
-- count, although the store does not have them yet.
local function learn_answer(self, bucket, event)
  bucket.breaker:answered()
  for _, own in ipairs(self.pending) do
    if own.operation == event.operation and ON_BREAKER[own.kind] and own.moment > event.moment then
      self:learn(own)
    end
  end
end

-- Applies an event that another process noted.
function Quota:learn(event)
  local bucket = self:bucket(event.operation)
  if event.kind == "taken" then
    bucket:expect(event.slot, event.moment)
    if event.holder then bucket.turns:take(event.holder, event.at) end
  elseif event.kind == "waiting" then bucket.turns:wait(event.holder, event.moment)
  elseif event.kind == "counted" then bucket:settle(event.slot, event.moment)
  elseif event.kind == "failed" or event.kind == "unread" then
    bucket.breaker:failed(event.slot, event.moment, event.kind == "failed", nil, event.holder)
  elseif event.kind == "throttled" then
    bucket.breaker:throttled(event.slot, event.moment, bucket.paused, event.holder)
  elseif event.kind == "answered" then learn_answer(self, bucket, event)
  elseif event.kind == "probe" then
    bucket.breaker:try(event.slot, event.moment, event.holder)
  elseif event.kind == "unused" then
    bucket:settle(event.slot)
    bucket.breaker:unused(event.slot)
  elseif event.kind == "paused" then bucket.paused = math.max(bucket.paused, event.moment)
  end
end

-- Reads the new events of other processes. Begins the store's transaction, so that no process
-- takes a slot between this read and our own event. -> whether there are any
function Quota:look()
  local events = self.shared:news()
  for i = 1, #events do self:learn(events[i]) end
  return #events > 0
end

-- When a slot is free and it is this process's turn (nil: not before an answer), and whether
-- other processes may change that.
local function free_at(self, bucket, now)
  local free, is_shared = bucket:free_at(self.reserve), bucket:is_shared(now)
  local holder = self.shared.holder
  local ahead = holder and bucket.turns:ahead(holder, now, free) or 0
  if ahead == 0 then return free, is_shared end
  return bucket:free_at(self.reserve, ahead), true
end

-- Registers this process as waiting for a slot, once until it takes one.
local function wait_turn(self, operation, bucket, now)
  local holder = self.shared.holder
  if not holder or bucket.turns:is_waiting(holder) then return end
  bucket.turns:wait(holder, now)
  self:note(operation, "waiting", nil, now)
end

-- The same, after reading the events of other processes if these may matter now.
local function look_for_slot(self, bucket, now)
  local free, is_shared = free_at(self, bucket, now)
  if (free or math.huge) <= now or is_shared and now >= bucket.looked_at + LOOK then
    local has_news = self:look()
    bucket.looked_at = now
    if has_news then free, is_shared = free_at(self, bucket, now) end
  end
  return free or math.huge, is_shared
end

-- Returns true if an operation has no limits now. A pause noted by any process is a limit.
local function is_unlimited(self, bucket, now)
  if #bucket.windows > 0 then return false end
  if self.shared.is_shared and now >= bucket.looked_at + LOOK then
    self:look()
    bucket.looked_at = now
  end
  return bucket.paused <= now
end

local UNLIMITED = { settled = true }  -- a slot that is not counted

-- Takes a slot for one call. -> slot | nil, moment: when one may be free (nil: not before another
-- call is answered). Raises the store's error.
function Quota:take(operation, now)
  local bucket = self:bucket(operation)
  if is_unlimited(self, bucket, now) then return UNLIMITED end
  local name = false
  while name == false do  -- false: another process took the slot first
    local free, is_shared = look_for_slot(self, bucket, now)
    if free > now then
      wait_turn(self, operation, bucket, now)
      if is_shared then free = math.min(free, bucket.looked_at + LOOK) end
      return nil, free < math.huge and free or nil
    end
    name = self.shared:take(operation, now + self.timeout)
  end
  bucket.out = bucket.out + 1
  if self.shared.holder then bucket.turns:take(self.shared.holder, now) end
  return { taken = now, bucket = bucket, operation = operation, name = name }
end

function Quota:note(operation, kind, slot, moment)
  self.pending[#self.pending + 1] = { operation = operation, kind = kind, slot = slot,
                                      moment = moment }
end

-- Settles a slot. Further calls for the same slot do nothing.
function Quota:settle(slot, kind, moment)
  if slot.settled then return end
  slot.settled = true
  slot.bucket.out = slot.bucket.out - 1
  if moment then slot.bucket:stamp(moment) end
  if slot.name then self:note(slot.operation, kind, slot.name, moment) end
end

-- The slot's call is answered.
function Quota:answered(slot, now)
  self:settle(slot, "counted", now)
end

-- The slot's call was sent and no answer will come: the service may count it until the timeout.
function Quota:lost(slot, now)
  if slot.settled then return end
  self:settle(slot, "counted", math.max(now, slot.taken + self.timeout))
end

-- The slot's call was never sent.
function Quota:unused(slot)
  self:settle(slot, "unused")
end

-- Sends no call of this operation before `moment`, as the service asks.
function Quota:pause(operation, moment)
  local bucket = self:bucket(operation)
  bucket.paused = math.max(bucket.paused, moment)
  if self.shared.is_shared then self:note(operation, "paused", nil, moment) end
end

-- The breaker of an operation (mde.call.breaker). `item` is a text without spaces.

local function share(self, operation, kind, item, moment)
  if self.shared.is_shared then self:note(operation, kind, item, moment) end
end

-- The service did not answer a call for this item, or failed. `is_read`: a probe's read. `asked`: the
-- seconds that the service asks to wait | nil. Other processes are asked by their own answers.
function Quota:failed(operation, item, now, is_read, asked)
  self:bucket(operation).breaker:failed(item, now, not is_read, asked, self.shared.holder)
  share(self, operation, is_read and "unread" or "failed", item, now)
end

-- The service answered a call for this item with HTTP 429: nothing may be sent before `moment`.
function Quota:throttled(operation, item, now, moment)
  self:pause(operation, moment)
  self:bucket(operation).breaker:throttled(item, now, moment, self.shared.holder)
  share(self, operation, "throttled", item, now)
end

-- The service answered a call.
function Quota:worked(operation, now)
  local breaker = self:bucket(operation).breaker
  if breaker.count == 0 and not breaker.open_since then return end
  breaker:answered()
  share(self, operation, "answered", nil, now)
end

-- Keeps the probe for this item from counting as lost while it waits for a slot.
function Quota:renew_probe(operation, item, now)
  local breaker, holder = self:bucket(operation).breaker, self.shared.holder
  if breaker:renew(item, now, holder) then share(self, operation, "probe", item, now) end
end

-- The probe for this item ended, and nothing was sent.
function Quota:unprobed(operation, item)
  self:bucket(operation).breaker:unused(item)
  share(self, operation, "unused", item)
end

-- Reports whether a call for this item may be sent; `is_first`: it was not a probe yet. -> true |
-- "probe": it has to read first | nil, moment: ask again then. Raises the store's error.
function Quota:admit(operation, item, now, is_first)
  local bucket = self:bucket(operation)
  local breaker, is_shared = bucket.breaker, self.shared.is_shared
  if is_shared and now >= bucket.looked_at + LOOK then
    self:look()
    bucket.looked_at = now
  end
  if not breaker.open_since then return true end
  local function next_probe()
    if self.is_urgent and is_first and not breaker.is_throttled then return now end
    return breaker:free_at(item, now, self.shared.holder)
  end
  local free = next_probe()
  if is_shared and free <= now then
    self:look()
    bucket.looked_at = now
    free = next_probe()
  end
  if free > now then
    self.held[operation] = free
    return nil, is_shared and math.min(free, bucket.looked_at + LOOK) or free
  end
  if not breaker:try(item, now, self.shared.holder) then return true end
  share(self, operation, "probe", item, now)
  return "probe"
end

-- Notes whether the service answered a call.
function Quota:note_answer(works, now)
  if works then
    self.unanswered_since = false
  else
    self.unanswered_since, self.unanswered_at = self.unanswered_since or now, now
  end
end

-- For how many seconds since `began` the service has answered nothing, or has failed for calls that
-- are held back, and whether it only asks to wait. A wait that it asked for does not count until it
-- was in vain, and no failure does before `began`: a probe may wait for a slot in the meantime.
function Quota:failing_for(now, began)
  local seconds, is_throttled = 0, nil
  if self.unanswered_since then
    seconds = math.max(0, self.unanswered_at - math.max(self.unanswered_since, began))
  end
  for operation, held_until in pairs(self.held) do
    local breaker = self:bucket(operation).breaker
    local opened = held_until > now and breaker.failed_at >= began and breaker.open_since
    local is_failure = opened and (breaker.has_failed or not breaker.is_throttled)
    if is_failure and now - math.max(opened, began) > seconds then
      seconds, is_throttled = now - math.max(opened, began), breaker.is_throttled
    end
  end
  return seconds, is_throttled
end

-- Writes the buffered events into the store's transaction. Raises the store's error.
function Quota:flush()
  if self.pending[1] then self:look() end
  for _, event in ipairs(self.pending) do
    self.shared:note(event.operation, event.kind, event.slot, event.moment)
  end
end

-- Forgets the buffered events: the transaction is committed.
function Quota:flushed()
  if self.pending[1] then self.pending = {} end
end

-- The least seconds until the last of `count` calls can be sent.
function Quota:at_best(operation, count, now)
  return self:bucket(operation):best(math.max(count, 1), now, self.reserve) - now
end

return quota
