-- Counts a batch's calls in any minute and any hour, for the report's timeline.
--
-- One call above a limit matters, so the maxima are exact: one number is kept per call.

local calls = {}

local Calls = {}
Calls.__index = Calls

local MINUTE, HOUR = 60, 3600

-- Widths of a timeline's bins, in seconds: the narrowest that needs at most `most` bins is used.
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

-- Adds a call sent at `moment`.
function Calls:add(moment)
  local count = self.count
  if count > 0 and moment < self.moments[count] then self.ascending = false end
  self.moments[count + 1] = moment
  self.count = count + 1
end

local function width_for(first, last)
  for _, width in ipairs(WIDTHS) do
    local seconds = width[1]
    if floor(last / seconds) - floor(first / seconds) < (width.most or MOST) then
      return seconds
    end
  end
  return DAY * math.ceil((last - first) / DAY / (MOST - 1))
end

-- Slides a window over all calls. -> the most calls in it, the start of that window (nil without
-- calls), and per bin (`count` bins from `from` on) the most calls in a window that ends there
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

-- Adds to `peaks` the calls in a window longer than a bin at the start of each bin.
local function carry(peaks, moments, window, from, width)
  local first, last = 1, 0
  for bin = 1, #peaks do
    local at = from + (bin - 1) * width
    while last < #moments and moments[last + 1] < at do last = last + 1 end
    while first <= last and moments[first] <= at - window do first = first + 1 end
    peaks[bin] = max(peaks[bin], last - first + 1)
  end
end

-- -> { count, first, last, minute, hour, width, bins }. `minute` and `hour` are { most, since }:
-- the most calls in any such window, and its start. A bin, `width` seconds long, is { at, calls,
-- minute, hour }: its calls, and the most calls in a minute and an hour that end in it. Without
-- calls, only `count` (0) and `bins` (empty) are set.
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
