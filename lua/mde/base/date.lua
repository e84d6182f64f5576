-- Parses and writes dates: ISO 8601 as the service writes it, and HTTP dates.
--
-- Inside mde a moment is a number of seconds since 1970-01-01T00:00:00Z.

local errors = require "mde.base.errors"

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

-- As `days`; nil for a date that the calendar does not have.
local function checked_days(year, month, day)
  local number = days(year, month, day)
  local y, m, d = civil(number)
  if y ~= year or m ~= month or d ~= day then return nil end
  return number
end

-- The same for "2026-01-23". Keeps the last result, because the dates of an incident fall on few
-- days.
local last_date, last_days
local function days_of(text)
  if text ~= last_date then
    local year, month, day = text:match "^(%d+)%-(%d+)%-(%d+)$"
    last_date, last_days = text, checked_days(tonumber(year), tonumber(month), tonumber(day))
  end
  return last_days
end

-- A moment in UTC; nil if a number is out of range, or `day` is nil. A leap second, 60, is the
-- first second of the next minute, as in POSIX.
local function moment(day, hour, minute, second)
  if not day or hour > 23 or minute > 59 or second > 60 then return nil end
  return day * 86400 + hour * 3600 + minute * 60 + second
end

-- ".8785235" or "" -> seconds | nil if it is not a point and up to nine digits
local function fraction(digits)
  if digits == "" then return 0 end
  return #digits <= 10 and digits:find "^%.%d+$" and tonumber(digits) or nil
end

-- "Z" or "+01:00" -> seconds | nil
local function offset(zone)
  if zone == "Z" or zone == "z" then return 0 end
  local sign, hours, minutes = zone:match "^([+-])(%d%d):?(%d%d)$"
  hours, minutes = tonumber(hours), tonumber(minutes)
  if not sign or hours > 23 or minutes > 59 then return nil end
  local seconds = hours * 3600 + minutes * 60
  return sign == "-" and -seconds or seconds
end

local function refuse(text)
  return nil, ("'%s' is not a date with time and zone, such as 2026-01-23T20:10:40Z")
    :format(errors.line(tostring(text), 60))
end

local WITH_SECONDS = "^(%d%d%d%d%-%d%d%-%d%d)[Tt ](%d%d):(%d%d):(%d%d)([%d%.]*)(.*)$"
local WITHOUT_SECONDS = "^(%d%d%d%d%-%d%d%-%d%d)[Tt ](%d%d):(%d%d)(.*)$"

-- "2026-01-23T20:10:40.8785235Z" -> seconds | nil, message
--
-- Seconds are optional, with up to nine digits of fraction. A zone ("Z" or "+01:00") is
-- required, because a time without one is a different moment on each machine.
function date.parse(text)
  if type(text) ~= "string" then return refuse(text) end
  local day, hour, minute, second, digits, zone = text:match(WITH_SECONDS)
  if not day then
    day, hour, minute, zone = text:match(WITHOUT_SECONDS)
    second, digits = 0, ""
  end
  if not day then return refuse(text) end
  if zone == "" then
    return nil, ("'%s' has no zone: add Z for UTC, or an offset such as +01:00")
      :format(errors.line(text, 60))
  end
  local seconds = moment(days_of(day), tonumber(hour), tonumber(minute), tonumber(second))
  local part, shift = fraction(digits), offset(zone)
  if not (seconds and part and shift) then return refuse(text) end
  return seconds - shift + part
end

-- Seconds -> "2026-01-23T20:10:40Z", rounded down.
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

-- "Sun, 06 Nov 1994 08:49:37 GMT", the only form that may be sent (RFC 9110, 5.6.7)
-- -> seconds | nil
local function http(text)
  local day, name, year, hour, minute, second =
    text:match "^%a%a%a, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$"
  local month = MONTHS[name]
  return month and moment(checked_days(tonumber(year), month, tonumber(day)), tonumber(hour),
                          tonumber(minute), tonumber(second))
end

-- The same. Keeps the last result, because many answers have the same date.
local last_text, last_moment
function date.http(text)
  if text ~= last_text then last_text, last_moment = text, http(text) end
  return last_moment
end

return date
