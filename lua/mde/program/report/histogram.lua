-- A histogram of durations in bounded memory: quantiles exact to 1 %.
--
-- Each bin ends 2 % above the one before. A quantile is the middle of its bin; the longest
-- duration is exact.

local histogram = {}

local Histogram = {}
Histogram.__index = Histogram

local LEAST = 0.001  -- seconds; shorter durations count as this
local GROWTH = 1.02
local BIN = math.log(GROWTH)

local floor, log = math.floor, math.log

function histogram.new()
  return setmetatable({ bins = {}, count = 0, shortest = math.huge, longest = 0 }, Histogram)
end

-- Adds a duration. One below 0 counts as 0: the clock was set back.
function Histogram:add(seconds)
  if seconds < 0 then seconds = 0 end
  local bin = seconds <= LEAST and 0 or floor(log(seconds / LEAST) / BIN)
  self.bins[bin] = (self.bins[bin] or 0) + 1
  self.count = self.count + 1
  if seconds > self.longest then self.longest = seconds end
  if seconds < self.shortest then self.shortest = seconds end
end

-- Returns the quantile at `share` (0 to 1) in seconds, or nil without durations.
function Histogram:quantile(share)
  if self.count == 0 then return nil end
  local order, rank, passed = {}, math.max(1, math.ceil(share * self.count)), 0
  if rank == self.count then return self.longest end
  for bin in pairs(self.bins) do order[#order + 1] = bin end
  table.sort(order)
  for _, bin in ipairs(order) do
    passed = passed + self.bins[bin]
    if passed >= rank then
      local middle = LEAST * GROWTH ^ (bin + 0.5)
      return math.max(self.shortest, math.min(self.longest, middle))
    end
  end
end

-- -> { count, median, p90, p99, longest }; only `count` if it is 0
function Histogram:summary()
  return {
    count = self.count, median = self:quantile(0.5), p90 = self:quantile(0.9),
    p99 = self:quantile(0.99), longest = self.count > 0 and self.longest or nil,
  }
end

return histogram
