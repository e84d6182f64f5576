-- Limits requests per minute and per hour, as the service does.
--
-- Only admitted requests count.

local quota = {}

local Quota = {}
Quota.__index = Quota

-- `limits` is { per_minute =, per_hour = }; either may be absent.
function quota.new(limits)
  local self = setmetatable({ moments = {}, last = 0, windows = {} }, Quota)
  local function window(limit, seconds, text)
    if not limit then return end
    table.insert(self.windows, { limit = limit, seconds = seconds, text = text, first = 1 })
  end
  window(limits.per_minute, 60, "00:01:00")
  window(limits.per_hour, 3600, "01:00:00")
  return self
end

-- Microsoft's usual limits; some operations have lower ones.
local USUAL = { per_minute = 100, per_hour = 1500 }

-- Scales the simulated service's `limits` for an operation whose limits at Microsoft are `own`
-- (default: the usual ones): in proportion, at least one.
function quota.scaled(limits, own)
  own = own or USUAL
  local scaled = {}
  for name, usual in pairs(USUAL) do
    if limits[name] and own[name] then
      scaled[name] = math.max(1, math.floor(own[name] * limits[name] / usual))
    end
  end
  return scaled
end

-- Counts a request at `now` (seconds). -> true | nil, seconds to wait (a whole number), the limit,
-- its window as text
function Quota:admit(now)
  local wait, full = 0, nil
  for _, window in ipairs(self.windows) do
    while window.first <= self.last and self.moments[window.first] + window.seconds <= now do
      window.first = window.first + 1
    end
    local used = self.last - window.first + 1
    if used >= window.limit then
      local free = self.moments[self.last - window.limit + 1] + window.seconds - now
      if free > wait then wait, full = free, window end
    end
  end
  if full then return nil, math.ceil(wait), full.limit, full.text end
  self.last = self.last + 1
  self.moments[self.last] = now
  return true
end

return quota
