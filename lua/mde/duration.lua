-- Durations as people write them: "90s", "15m", "4h", "2d", "1d12h".

local duration = {}

local SECONDS = { s = 1, m = 60, h = 3600, d = 86400, w = 604800 }

-- A number of seconds, or text -> seconds | nil, message
function duration.parse(value)
  local message = ("'%s' is not a duration such as 90s, 15m, 4h, 2d or 1d12h"):format(tostring(value))
  if type(value) == "number" then
    if value >= 0 and value < math.huge then return value end
    return nil, message
  end
  if type(value) ~= "string" then return nil, message end
  local total, position = 0, 1
  while position <= #value do
    local count, unit, stop = value:match("^(%d+%.?%d*)([smhdw])()", position)
    if not count then return nil, message end
    total, position = total + count * SECONDS[unit], stop
  end
  if value == "" then return nil, message end
  return total
end

-- Seconds -> at most two units, such as "3d 4h", "12m 5s" or "8s".
function duration.text(seconds)
  seconds = math.floor(seconds + 0.5)
  if seconds < 0 then return "-" .. duration.text(-seconds) end
  local days, hours = math.floor(seconds / 86400), math.floor(seconds / 3600) % 24
  local minutes, rest = math.floor(seconds / 60) % 60, seconds % 60
  local function two(a, unit, b, smaller)
    return b > 0 and ("%d%s %d%s"):format(a, unit, b, smaller) or ("%d%s"):format(a, unit)
  end
  if days > 0 then return two(days, "d", hours, "h") end
  if hours > 0 then return two(hours, "h", minutes, "m") end
  if minutes > 0 then return two(minutes, "m", rest, "s") end
  return ("%ds"):format(rest)
end

return duration
