-- Holds one operation back while the service fails: pure arithmetic on moments.
--
-- Five different items in a row without an answer, or with HTTP 5xx, open it. An open breaker lets
-- one item through at a time, after 1, 2, 4 … 60 s, and closes as soon as one is answered. An item
-- that has not failed goes before one that has, so that items which the service cannot process do
-- not keep it open. Items are counted, not calls: retries of one item open nothing.

local breaker = {}

local Breaker = {}
Breaker.__index = Breaker

local FAILURES = 5   -- different items in a row
local LONGEST = 60   -- seconds between two probes
local LOST = 120     -- seconds after which a probe without an end no longer counts
local PREFERENCE = 1 -- seconds by which an item that has failed goes later

-- The service did not answer for this item, or failed.
function Breaker:failed(item, now)
  if not self.items[item] then self.items[item], self.count = true, self.count + 1 end
  if self.count < FAILURES then return end
  if not self.open_since then
    self.open_since, self.delay = now, 1
  elseif item == self.probe then
    self.delay = math.min(2 * self.delay, LONGEST)
  else
    return  -- it was in flight when the breaker opened
  end
  self.probe, self.probe_at = false, now + self.delay
end

-- The service answered.
function Breaker:answered()
  self.items, self.count, self.open_since, self.probe = {}, 0, false, false
end

-- When a call for this item may be sent: now or earlier, or a moment to come.
function Breaker:free_at(item, now)
  if not self.open_since then return -math.huge end
  if self.probe and self.probe ~= item and now < self.probe_ends then return self.probe_ends end
  return self.items[item] and self.probe_at + PREFERENCE or self.probe_at
end

-- Makes a call for this item the probe, if the breaker is open. -> whether it is one
function Breaker:try(item, now)
  if not self.open_since then return false end
  self.probe, self.probe_ends = item, now + LOST
  return true
end

-- The probe for this item ended, and nothing was sent.
function Breaker:unused(item)
  if self.probe == item then self.probe = false end
end

-- open_since: when it opened, or false.
function breaker.new()
  return setmetatable({ items = {}, count = 0, open_since = false, delay = 1, probe = false,
                        probe_at = -math.huge, probe_ends = -math.huge }, Breaker)
end

return breaker
