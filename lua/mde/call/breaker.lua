-- Holds one operation back while the service fails: pure arithmetic on moments.
--
-- Five different items in a row without an answer, or with HTTP 5xx, open it. An open breaker lets
-- one item through at a time, after 1, 2, 4 … 60 s, and closes as soon as one is answered. An item
-- that has not failed goes before one that has, so that items which the service cannot process do
-- not keep it open. Items are counted, not calls: retries of one item open nothing. If the service
-- says when to ask again, the next item is let through then, or after 60 s.
--
-- HTTP 429 also opens it: one item is let through when the service allows it. So does HTTP 401: one
-- item tries the next token. In half an hour, no more than ten requests are sent through an open
-- breaker.

local breaker = {}

local Breaker = {}
Breaker.__index = Breaker

local FAILURES = 5   -- different items in a row
local LONGEST = 60   -- seconds between two probes
local SENT = 7       -- failed requests of probes, after which
local LATER = 450    -- seconds pass between two: ten requests in half an hour
local LOST = 120     -- seconds after which a probe without an end no longer counts
local LONG = 2       -- seconds after which a probe takes long
local PREFERENCE = 1 -- seconds by which an item that has failed goes later

-- Returns whether requests must become rare. Five items may also be ones that the service cannot
-- process: their retries are few.
local function is_spent(self)
  return self.sent >= SENT and (self.count > FAILURES or self.is_throttled)
end

-- Opens, or waits longer if the probe of this process has failed. -> false if another call was in
-- flight meanwhile, perhaps for the same item
local function hold(self, item, now, was_sent, holder)
  if not self.open_since then
    self.open_since, self.delay, self.has_failed, self.sent = now, 1, false, 0
  elseif self:is_probe(item, holder) then
    self.has_failed = true
    if was_sent then self.sent = self.sent + 1 end
    self.delay = is_spent(self) and LATER or math.min(2 * self.delay, LONGEST)
  else
    return false
  end
  self.probe, self.failed_at = false, now
  self.probe_at = math.max(now + self.delay, self.not_before)
  return true
end

-- The service did not answer for this item, or failed. `was_sent`: its own request, not a read.
-- `asked`: the seconds that the service asks to wait | nil; `holder`: a text of the process | nil
function Breaker:failed(item, now, was_sent, asked, holder)
  if asked then self.not_before = math.max(self.not_before, now + math.min(asked, LONGEST)) end
  if not self.items[item] then self.items[item], self.count = true, self.count + 1 end
  if self.count < FAILURES and not self.open_since then return end
  if hold(self, item, now, was_sent, holder) then self.is_throttled = false end
  self.probe_at = math.max(self.probe_at, self.not_before)
end

-- The service asked to send nothing before `moment`.
function Breaker:throttled(item, now, moment, holder)
  if hold(self, item, now, true, holder) then
    self.is_throttled = true
    self.probe_at = is_spent(self) and self.probe_at or moment
  end
  self.probe_at = math.max(self.probe_at, moment)
end

-- The service refused the token of a call for this item. -> whether it is the probe, which alone
-- tries the next token
function Breaker:refused(item, now, holder)
  if not self.open_since then
    hold(self, item, now)
    self.probe_at = now
    self:try(item, now, holder)
  end
  return self:is_probe(item, holder)
end

-- The service answered.
function Breaker:answered()
  self.items, self.count, self.open_since, self.probe = {}, 0, false, false
  self.is_throttled, self.not_before = false, -math.huge
end

-- Reports whether so many items have failed that it is not open for HTTP 401 or 429 alone.
function Breaker:is_failing()
  return self.count >= FAILURES
end

-- Reports whether this item is the probe of this process.
function Breaker:is_probe(item, holder)
  return self.probe == item and self.prober == holder
end

-- When a call for this item may be sent: now or earlier, or a moment to come.
function Breaker:free_at(item, now, holder)
  if not self.open_since then return -math.huge end
  local is_other = self.probe and not self:is_probe(item, holder)
  if is_other and now < self.probe_ends then return self.probe_ends end
  return self.items[item] and self.probe_at + PREFERENCE or self.probe_at
end

-- Makes a call for this item the probe, if the breaker is open. -> whether it is one
function Breaker:try(item, now, holder)
  if not self.open_since then return false end
  self.probe, self.prober, self.probe_ends = item, holder, now + LOST  -- prober: its process
  return true
end

-- Makes a probe that waited long for a slot of the quota count from now on. -> whether it did
function Breaker:renew(item, now, holder)
  if not (self.open_since and self:is_probe(item, holder)) then return false end
  return now >= self.probe_ends - LOST / 2 and self:try(item, now, holder)
end

-- Returns until when the probe of another item, whose process may have been killed, holds calls back
-- | nil: no probe has been in flight for some seconds.
function Breaker:tried_until(now)
  local is_long = self.probe and now >= self.probe_ends - LOST + LONG
  return is_long and now < self.probe_ends and self.probe_ends or nil
end

-- The probe for this item ended, and nothing was sent.
function Breaker:unused(item)
  if self.probe == item then self.probe = false end
end

-- open_since: when it opened, or false; has_failed: a probe has failed since then; failed_at: when
-- one did, or when it opened; is_throttled: it is open because of HTTP 429.
function breaker.new()
  return setmetatable({ items = {}, count = 0, open_since = false, delay = 1, probe = false,
                        has_failed = false, is_throttled = false, sent = 0,
                        probe_at = -math.huge, probe_ends = -math.huge, not_before = -math.huge,
                        failed_at = -math.huge }, Breaker)
end

return breaker
