-- Cancels mistaken isolations, and lists the machines that have to be released:
--
--   mde run misfire.lua soar@contoso.com 3h "SOAR misfire, CHG-4711"
--   mde run misfire.lua soar@contoso.com 3h "SOAR misfire, CHG-4711" --yes > isolated.txt
--   xargs mde unisolate -m "CHG-4711" --max 500 < isolated.txt
--
-- Prints the ids of isolated machines, and messages to standard error. Machines that others had
-- isolated before are not listed. Requires Machine.Read.All and Machine.Isolate. Ends with 1 if an
-- isolation was not cancelled or is in progress. `mde undo` does the same, and releases the machines.

local mde = mde or require "mde"

local requestor, since, comment, yes = arg[1], arg[2], arg[3], arg[4]
if not comment then
  io.stderr:write("usage: misfire.lua REQUESTOR SINCE COMMENT [--yes]\n")
  os.exit(2)
end

local function say(format, ...) io.stderr:write(format:format(...), "\n") end

local client = assert(mde.client())
local open, mistaken = {}, {}
for action in client:actions { type = "Isolate", requestor = requestor, newer_than = since } do
  mistaken[action.id] = true
  if not action:is_final() then open[#open + 1] = action end
end
say("%d isolations by %s are open.", #open, requestor)

local failed = 0
if yes == "--yes" then
  local report = assert(client:cancel_all(open, { comment = comment, wait = 30 }))
  for verdict, count in pairs(report.counts) do say("%5d  %s", count, verdict) end
  failed = report.total - (report.counts.cancelled or 0)
else
  say "Nothing was cancelled. Add --yes to cancel."
end

-- The machines isolated by one of these. The whole history is read, because the first of several
-- isolations counts.
local isolated, isolating = 0, 0
for _, row in ipairs(assert(client:isolated())) do
  if mistaken[row.action.id] and row.state == "isolated" then
    isolated = isolated + 1
    say("%s has been isolated since %s", row.machine or row.machine_id, row.since)
    print(row.machine_id)
  elseif mistaken[row.action.id] then
    isolating = isolating + 1
  end
end
say("%d machines have to be released: use mde unisolate", isolated)
if yes == "--yes" and isolating > 0 then
  say("%d isolations are in progress: run this again", isolating)
end
os.exit(failed == 0 and (yes ~= "--yes" or isolating == 0) and 0 or 1)
