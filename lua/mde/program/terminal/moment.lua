-- Formats moments for people: local time with its zone, or how long ago.

local date = require "mde.base.date"
local duration = require "mde.base.duration"
local system = require "mde.program.system"

local moment = {}

-- Seconds since 1970 -> "2026-01-23 21:10:40 CET".
function moment.at(seconds)
  return system.date("%Y-%m-%d %H:%M:%S %Z", math.floor(seconds))
end

-- A duration in its largest unit: "2h".
function moment.short(seconds)
  return duration.text(seconds):match "^%S+"
end

-- Seconds since 1970 -> "2h ago", or "in 5m".
function moment.ago(seconds, now)
  local age = (now or system.clock.wall()) - seconds
  return age < 0 and "in " .. moment.short(-age) or moment.short(age) .. " ago"
end

-- A date of the service -> "2026-01-23 21:10:40 CET"; other text unchanged.
function moment.local_text(text)
  local seconds = text and date.parse(text)
  return seconds and moment.at(seconds) or text
end

-- A date of the service -> "2026-01-23 21:10:40 CET (2h ago)"; other text unchanged.
function moment.of(text, now)
  local seconds = date.parse(text)
  if not seconds then return text end
  return ("%s (%s)"):format(moment.at(seconds), moment.ago(seconds, now))
end

return moment
