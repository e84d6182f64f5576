-- Parses and checks hours: "22:00-06:00 UTC", "Sat-Sun 00:00-24:00 +01:00".
--
-- A time after midnight belongs to the day on which the hours began.

local hours = {}

local DAYS = { sun = 0, mon = 1, tue = 2, wed = 3, thu = 4, fri = 5, sat = 6 }
local DAY, WEEK = 1440, 10080  -- minutes

hours.expected = "hours with their zone, such as 22:00-06:00 UTC or Sat-Sun 00:00-24:00 +01:00"

local Hours = {}
Hours.__index = Hours

-- "UTC", "Z" or "+01:00" -> minutes | nil
local function shift_of(zone)
  if zone == "UTC" or zone == "Z" then return 0 end
  local sign, hour, minute = zone:match "^([+-])(%d%d):(%d%d)$"
  hour, minute = tonumber(hour), tonumber(minute)
  if not sign or hour > 14 or minute > 59 then return nil end
  return (sign == "-" and -1 or 1) * (hour * 60 + minute)
end

local function minute_of(hour, minute)
  local total = tonumber(hour) * 60 + tonumber(minute)
  return tonumber(minute) < 60 and total <= DAY and total or nil
end

-- "Sat-Sun" or "Mon" -> the set of its days | nil
local function days_of(text)
  local set = {}
  if text == "" then
    for day = 0, 6 do set[day] = true end
    return set
  end
  local from, to = text:match "^(%a+)%-(%a+)$"
  from, to = DAYS[(from or text):lower()], DAYS[(to or text):lower()]
  if not from or not to then return nil end
  for i = 0, (to - from) % 7 do set[(from + i) % 7] = true end
  return set
end

local LONGEST = 100  -- bytes: the pattern's time grows with the square of the length

-- -> hours | nil
function hours.parse(text)
  if type(text) ~= "string" or #text > LONGEST then return nil end
  local days, h1, m1, h2, m2, zone =
    text:match "^%s*([%a%-]-)%s*(%d%d):(%d%d)%-(%d%d):(%d%d)%s+(%S+)%s*$"
  if not days then return nil end
  local self = { text = text, days = days_of(days), from = minute_of(h1, m1),
                 to = minute_of(h2, m2), shift = shift_of(zone) }
  if not (self.days and self.from and self.to and self.shift) or self.from == self.to then
    return nil
  end
  return setmetatable(self, Hours)
end

-- True if a minute of the week, which begins on Sunday at 00:00 UTC, is in these hours.
function Hours:has(minute)
  minute = (minute + self.shift) % WEEK
  local day, of_day = minute // DAY, minute % DAY
  if self.from < self.to then
    return self.days[day] == true and of_day >= self.from and of_day < self.to
  end
  return of_day >= self.from and self.days[day] == true
         or of_day < self.to and self.days[(day - 1) % 7] == true
end

-- Returns the minute of the week of a moment. 1970 began on a Thursday.
local function week_minute(moment)
  return (moment // 60 + 4 * DAY) % WEEK // 1 | 0
end

-- True if a minute of the week is in all hours of the list.
local function in_all(list, minute)
  for _, each in ipairs(list) do
    if not each:has(minute) then return false end
  end
  return true
end

-- -> true if a moment is in all hours of the list, seconds until that changes (nil: never)
function hours.open(list, moment)
  if not list[1] then return true end
  local first = week_minute(moment)
  local is_open = in_all(list, first)
  for i = 1, WEEK do
    if in_all(list, (first + i) % WEEK) ~= is_open then
      return is_open, i * 60 - moment % 60
    end
  end
  return is_open
end

-- True if all of these hours are also in `other`.
function Hours:within(other)
  for minute = 0, WEEK - 1 do
    if self:has(minute) and not other:has(minute) then return false end
  end
  return true
end

return hours
