-- A check for Nagios, Icinga and their like: how many actions have been open for too long.
--
--   mde run queue.lua 4h 10 50      warns from 10 on, is critical from 50 on
--
-- One line, with performance data; ends with 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. Needs
-- Machine.Read.All.

local mde = mde or require "mde"

local function finish(status, name, format, ...)
  print(("MDE %s - %s"):format(name, format:format(...)))
  os.exit(status)
end

local age, warn, critical = arg[1], tonumber(arg[2]), tonumber(arg[3])
if not (age and warn and critical) then
  finish(3, "UNKNOWN", "usage: queue.lua AGE WARN CRITICAL")
end

local client, err = mde.client { timeout = 20 }
if not client then finish(3, "UNKNOWN", "%s", tostring(err)) end
local open
open, err = client:list { status = { "Pending", "InProgress" }, older_than = age }
if not open then finish(3, "UNKNOWN", "%s", tostring(err)) end

local oldest = 0
for _, action in ipairs(open) do oldest = math.max(oldest, action:age() or 0) end
local count = #open
local status = count >= critical and 2 or count >= warn and 1 or 0
finish(status, ({ [0] = "OK", "WARNING", "CRITICAL" })[status],
  "%d actions open for more than %s, the oldest for %.1fh | open=%d;%d;%d oldest=%ds", count, age,
  oldest / 3600, count, warn, critical, math.floor(oldest))
