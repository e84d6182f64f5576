-- Parses and writes durations: "90s", "15m", "4h", "2d", "1w", "1d12h".

local errors = require "mde.base.errors"

local duration = {}

local floor = math.floor

local SECONDS = { s = 1, m = 60, h = 3600, d = 86400, w = 604800 }

-- A hundred years. A longer duration is a mistake, and leads to dates that can't be written.
local LONGEST = 36525 * 86400

local MOST = 100  -- bytes: the time that a pattern takes grows with the square of the length

-- "1d12h" -> 129600 | nil. Numbers stay too small for an integer to overflow.
local function total(text)
  local sum, position = 0, 1
  repeat
    local digits, unit, stop = text:match("^(%d+%.?%d*)([smhdw])()", position)
    local count = tonumber(digits)
    if not count or count > LONGEST then return nil end
    sum, position = sum + count * SECONDS[unit], stop
    if sum > LONGEST then return nil end
  until position > #text
  return sum
end

-- A number of seconds, or text -> seconds | nil, message
function duration.parse(value)
  local seconds
  if type(value) == "string" then seconds = #value <= MOST and total(value) or nil
  elseif type(value) == "number" and value >= 0 and value <= LONGEST then seconds = value end
  if seconds then return seconds end
  return nil, ("'%s' is not a duration such as 90s, 15m, 4h, 2d or 1d12h")
    :format(errors.line(tostring(value), 60))
end

local function two(count, unit, rest, smaller)
  return rest > 0 and ("%d%s %d%s"):format(count, unit, rest, smaller)
         or ("%d%s"):format(count, unit)
end

-- Seconds -> at most two units, such as "3d 4h", "12m 5s" or "8s".
function duration.text(seconds)
  seconds = floor(seconds + 0.5)
  if seconds < 0 then return "-" .. duration.text(-seconds) end
  local minutes, hours, days = floor(seconds / 60), floor(seconds / 3600), floor(seconds / 86400)
  if days > 0 then return two(days, "d", hours % 24, "h") end
  if hours > 0 then return two(hours, "h", minutes % 60, "m") end
  if minutes > 0 then return two(minutes, "m", seconds % 60, "s") end
  return ("%ds"):format(seconds)
end

return duration
