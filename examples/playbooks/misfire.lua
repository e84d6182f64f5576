-- After a rule or a person has isolated machines by mistake: cancels what is still open of it,
-- and lists the machines that are isolated already, which have to be released. One that somebody
-- else had isolated before is not among them.
--
--   mde run misfire.lua soar@contoso.com 3h "SOAR misfire, CHG-4711"
--   mde run misfire.lua soar@contoso.com 3h "SOAR misfire, CHG-4711" --yes > isolated.txt
--   xargs mde unisolate -m "CHG-4711" --max 500 < isolated.txt
--
-- The ids of isolated machines go to standard output, all else to standard error. Needs
-- Machine.Read.All and Machine.Isolate. Ends with 1 if one was not cancelled, or may be isolated
-- yet. `mde undo` does the same with a plan that a second person can read.

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
  say "Nothing was cancelled: --yes does it."
end

-- What is isolated by one of these. The whole history is read: of two isolations the first counts.
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
say("%d machines have to be released: mde unisolate", isolated)
if yes == "--yes" and isolating > 0 then say("%d may be isolated yet: ask again", isolating) end
os.exit(failed == 0 and (yes ~= "--yes" or isolating == 0) and 0 or 1)
