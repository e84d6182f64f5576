-- When a batch's calls went out, beside what the service takes in a minute and in an
-- hour. The most calls in any window are exact, since one call too many would matter:
-- a number is held for each call, nothing else of it.

local calls = {}

local Calls = {}
Calls.__index = Calls

local MINUTE, HOUR = 60, 3600

-- The bins of a timeline: the narrowest of these of which there are few enough.
local WIDTHS = {
  { 5, most = 120 }, { 15, most = 120 }, { 60 }, { 120 }, { 300 }, { 600 }, { 900 }, { 1800 },
  { 3600 }, { 7200 }, { 14400 }, { 21600 }, { 43200 },
}
local MOST = 600
local DAY = 86400

local floor, max = math.floor, math.max

function calls.new()
  return setmetatable({ moments = {}, count = 0, ascending = true }, Calls)
end

-- A call went out at `moment`.
function Calls:add(moment)
  local count = self.count
  if count > 0 and moment < self.moments[count] then self.ascending = false end
  self.moments[count + 1] = moment
  self.count = count + 1
end

-- The bins' width for calls from `first` to `last`.
local function width_for(first, last)
  for _, width in ipairs(WIDTHS) do
    local seconds = width[1]
    if floor(last / seconds) - floor(first / seconds) < (width.most or MOST) then
      return seconds
    end
  end
  return DAY * math.ceil((last - first) / DAY / (MOST - 1))
end

-- Follows a window over all calls. -> how many it held at most, since when (nil for
-- no call), and for each of the `count` bins, which begin at `from`, how many it held
-- at most while it ended in there
local function slide(moments, window, from, width, count)
  local peaks, most, most_at, first = {}, 0, nil, 1
  for bin = 1, count do peaks[bin] = 0 end
  for last, moment in ipairs(moments) do
    while moments[first] <= moment - window do first = first + 1 end
    local held, bin = last - first + 1, floor((moment - from) / width) + 1
    if held > peaks[bin] then peaks[bin] = held end
    if held > most then most, most_at = held, moments[first] end
  end
  return most, most_at, peaks
end

-- Adds to `peaks` what a window that is longer than a bin still holds at its beginning.
local function carry(peaks, moments, window, from, width)
  local first, last = 1, 0
  for bin = 1, #peaks do
    local at = from + (bin - 1) * width
    while last < #moments and moments[last + 1] < at do last = last + 1 end
    while first <= last and moments[first] <= at - window do first = first + 1 end
    peaks[bin] = max(peaks[bin], last - first + 1)
  end
end

-- -> { count, first, last, minute, hour, width, bins }. `minute` and `hour` are the
-- most calls in any such window, { most, since }. A bin, of `width` seconds, is { at,
-- calls, minute, hour }: its calls, and the most that the windows held that ended in
-- it. Without a call only the count and the bins, none.
function Calls:summary()
  local moments = self.moments
  if self.count == 0 then return { count = 0, bins = {} } end
  if not self.ascending then table.sort(moments) end
  self.ascending = true
  local first, last = moments[1], moments[self.count]
  local width = width_for(first, last)
  local from = floor(first / width) * width
  local count = floor((last - from) / width) + 1
  local summary = { count = self.count, first = first, last = last, width = width, bins = {} }
  for bin = 1, count do summary.bins[bin] = { at = from + (bin - 1) * width, calls = 0 } end
  for _, moment in ipairs(moments) do
    local bin = summary.bins[floor((moment - from) / width) + 1]
    bin.calls = bin.calls + 1
  end
  for name, window in pairs { minute = MINUTE, hour = HOUR } do
    local most, since, peaks = slide(moments, window, from, width, count)
    if window > width then carry(peaks, moments, window, from, width) end
    summary[name] = { most = most, since = since }
    for bin, peak in ipairs(peaks) do summary.bins[bin][name] = peak end
  end
  return summary
end

return calls
