-- Reads dates as people type them: with a zone, or in local time (2026-11-25, yesterday 22:00).
--
-- A local time is shown with its zone before anything is done, and in the question. With --yes
-- no person sees it, so a zone is required.

local date = require "mde.base.date"
local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"

local moment = {}

local DAYS = { today = 0, yesterday = -1 }

-- "22:00", "22:00:30" or "" -> hour, minute, second | nil
local function clock_of(text)
  if text == "" then return 0, 0, 0 end
  local hour, minute, second = text:match "^(%d%d?):(%d%d):?(%d?%d?)$"
  if not hour then return nil end
  return tonumber(hour), tonumber(minute), tonumber(second) or 0
end

-- Returns the day of a text as a table for os.time, and the text after it; or nil.
local function day_of(text)
  local written, rest = text:match "^(%d%d%d%d%-%d%d%-%d%d)[Tt ]?(.*)$"
  if written then
    if not date.parse(written .. "T00:00Z") then return nil end
    local year, month, day = written:match "(%d+)-(%d+)-(%d+)"
    return { year = tonumber(year), month = tonumber(month), day = tonumber(day) }, rest
  end
  local today, word = system.date("*t", system.now()), text:lower():match "^%a+"
  if word and not DAYS[word] then return nil end
  return { year = today.year, month = today.month, day = today.day + (DAYS[word] or 0) },
         word and text:match "^%a+%s*(.*)$" or text ~= "" and text or nil
end

-- A local time -> seconds since 1970 | nil: also if the clock skips it
local function parse_local(text)
  local day, rest = day_of(text)
  local hour, minute, second = clock_of(rest or "?")
  if not day or not hour or hour > 23 or minute > 59 or second > 59 then return nil end
  day.hour, day.min, day.sec = hour, minute, second
  local seconds = system.time(day)
  local again = seconds and system.date("*t", seconds)
  return again and again.hour == hour and again.min == minute and seconds or nil
end

-- A converter for the option `name`: a date -> the date with its zone.
function moment.option(name)
  return function(text)
    if date.parse(text) then return text end
    local seconds = parse_local(text:match "^%s*(.-)%s*$")
    if not seconds then
      return nil, ("'%s' is not a date, such as 2026-01-23T20:10:40Z, 2026-01-23, today or"
        .. " 'yesterday 22:00'"):format(text:sub(1, 60))
    end
    local utc, list = date.text(seconds), system.state.local_times or {}
    system.state.local_times = list
    list[#list + 1] = { option = name, given = text, utc = utc,
                        shown = system.date("%Y-%m-%d %H:%M %Z", seconds) }
    return utc
  end
end

-- Shows the local times on the command line with their zones.
function moment.announce()
  for _, each in ipairs(system.state.local_times or {}) do
    output.note("%s '%s' is %s (%s)", each.option, each.given, each.shown, each.utc)
  end
end

-- Returns the local times on the command line for a question: ", after 2026-11-25 00:00 CET".
function moment.spoken()
  local parts = {}
  for i, each in ipairs(system.state.local_times or {}) do
    parts[i] = (", %s %s"):format(each.option:gsub("^%-+", ""), each.shown)
  end
  return table.concat(parts)
end

-- Raises if a time on the command line has no zone: with --yes no person checks it.
function moment.require_zones()
  local first = (system.state.local_times or {})[1]
  if not first then return end
  failure.misuse({ unknown = first.given, instead = first.utc },
    "%s: with --yes, '%s' requires a zone", first.option, first.given)
end

return moment
