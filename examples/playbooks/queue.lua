-- A check for Nagios, Icinga and their like: how many actions have been open for too long.
--
--   mde run queue.lua 4h 10 50        warns from 10 on, is critical from 50 on
--   mde run queue.lua 4h 10 50 45     and takes at most 45 seconds (else 30)
--
-- One line, with performance data; ends with 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. Needs
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

-- While a batch uses the quota up, a list may wait for minutes: monitoring would end the check
-- itself by then, and call that an alarm.
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
