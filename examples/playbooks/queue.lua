-- A check for Nagios or Icinga: counts actions that have been open for too long.
--
--   mde run queue.lua 4h 10 50        WARNING from 10 actions, CRITICAL from 50
--   mde run queue.lua 4h 10 50 45     with a timeout of 45 seconds (default 30)
--
-- Prints one line with performance data; ends with 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. Requires
-- Machine.Read.All.

local mde = mde or require "mde"

local function finish(status, name, format, ...)
  print(("MDE %s - %s"):format(name, format:format(...)))
  os.exit(status)
end

local age, warn, critical = arg[1], tonumber(arg[2]), tonumber(arg[3])
local seconds = tonumber(arg[4] or 30)
if not (age and warn and critical and seconds) then
  finish(3, "UNKNOWN", "usage: queue.lua AGE WARN CRITICAL [SECONDS]")
end

-- While a batch uses up the quota, a list may wait for minutes. Monitoring would end the check
-- before, and report that as an alarm.
local ends = os.time() + seconds
local function wait(engine, longest)
  if os.time() >= ends then error("no answer within " .. seconds .. "s", 0) end
  engine:poll(longest)
end

local client, err = mde.client { host = { wait = wait } }
if not client then finish(3, "UNKNOWN", "%s", tostring(err)) end
local went, open
went, open, err = pcall(client.list, client,
  { status = { "Pending", "InProgress" }, older_than = age })
if not (went and open) then finish(3, "UNKNOWN", "%s", tostring(went and err or open)) end

local oldest = 0
for _, action in ipairs(open) do oldest = math.max(oldest, action:age() or 0) end
local count = #open
local status = count >= critical and 2 or count >= warn and 1 or 0
finish(status, ({ [0] = "OK", "WARNING", "CRITICAL" })[status],
  "%d actions open for more than %s, the oldest for %s | open=%d;%d;%d oldest=%ds", count, age,
  mde.duration(oldest), count, warn, critical, math.floor(oldest))
