-- Dates: ISO 8601 as the service writes it, and the HTTP form of headers.
--
-- Inside mde a moment is a number of seconds since 1970-01-01T00:00:00Z.

local date = {}

local floor = math.floor

-- Days from 1970-01-01 to a date of the Gregorian calendar.
local function days(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = floor(year / 400)
  local of_era = year - era * 400
  local of_year = floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * 146097 + of_era * 365 + floor(of_era / 4) - floor(of_era / 100) + of_year - 719468
end

-- The reverse: year, month, day.
local function civil(day)
  day = day + 719468
  local era = floor(day / 146097)
  local of_era = day - era * 146097
  local year = floor((of_era - floor(of_era / 1460) + floor(of_era / 36524)
                      - floor(of_era / 146096)) / 365)
  local of_year = of_era - (365 * year + floor(year / 4) - floor(year / 100))
  local shifted = floor((5 * of_year + 2) / 153)
  local month = shifted < 10 and shifted + 3 or shifted - 9
  if month <= 2 then year = year + 1 end
  return year + era * 400, month, of_year - floor((153 * shifted + 2) / 5) + 1
end

local function is_date(year, month, day)
  if month < 1 or month > 12 or day < 1 then return false end
  local y, m, d = civil(days(year, month, day))
  return y == year and m == month and d == day
end

local FORM = "^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d):?(%d?%d?)(%.?%d*)(.*)$"

local function offset(zone)
  if zone == "Z" or zone == "z" then return 0 end
  local sign, hours, minutes = zone:match "^([+-])(%d%d):?(%d%d)$"
  if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then return nil end
  local seconds = hours * 3600 + minutes * 60
  return sign == "-" and -seconds or seconds
end

-- "2026-01-23T20:10:40.8785235Z" -> seconds. Up to nine digits of fraction; a
-- zone ("Z" or "+01:00") is required, since a time without one means another
-- moment on another machine. -> number | nil, message
function date.parse(text)
  local expected = "a date with time and zone, such as 2026-01-23T20:10:40Z"
  local year, month, day, hour, minute, second, fraction, zone = text:match(FORM)
  if not year then return nil, ("'%s' is not %s"):format(text, expected) end
  if zone == "" then
    return nil, ("'%s' has no zone: write %sZ for UTC, or an offset such as +01:00")
      :format(text, text)
  end
  local shift = offset(zone)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second) or 0
  if not shift or #fraction == 1 or #fraction > 10 or not is_date(year, month, day)
     or hour > 23 or minute > 59 or second > 60 then
    return nil, ("'%s' is not %s"):format(text, expected)
  end
  return days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
         + (tonumber("0" .. fraction) or 0) - shift
end

-- Seconds -> "2026-01-23T20:10:40Z"; fractions are cut.
function date.text(seconds)
  seconds = floor(seconds)
  local day = floor(seconds / 86400)
  local rest = seconds - day * 86400
  local year, month, of_month = civil(day)
  return ("%04d-%02d-%02dT%02d:%02d:%02dZ"):format(year, month, of_month, floor(rest / 3600),
    floor(rest / 60) % 60, rest % 60)
end

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6,
                 Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

-- "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7) -> seconds | nil
function date.http(text)
  local day, month, year, hour, minute, second =
    text:match "^%a+, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$"
  if not day or not MONTHS[month] then return nil end
  return days(tonumber(year), MONTHS[month], tonumber(day)) * 86400
         + hour * 3600 + minute * 60 + second
end

return date
