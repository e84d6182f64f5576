-- Emergency stop: cancels every open offboarding, the newest first:
--
--   mde run offboards.lua "Stolen token, INC0048211"           lists them
--   mde run offboards.lua "Stolen token, INC0048211" --yes     cancels them
--
-- No call of the service brings an offboarded machine back. Requires Machine.Read.All and
-- Machine.Offboard. Ends with 1 if an offboarding was not cancelled.

local mde = mde or require "mde"

local comment, is_meant = arg[1], arg[2] == "--yes"
if not comment then
  io.stderr:write("usage: offboards.lua COMMENT [--yes]\n")
  os.exit(2)
end

local client = assert(mde.client())
local open = assert(client:list { type = "Offboard", status = { "Pending", "InProgress" } })
if not is_meant then
  for _, action in ipairs(open) do
    print(("%s  %-40s  by %s"):format(action.id, action.computerDnsName or "-",
      action.requestor or "-"))
  end
  print(("%d offboardings are open. Nothing was cancelled. Add --yes to cancel."):format(#open))
  os.exit(0)
end

-- Many run in parallel, within the limits per minute, because every second counts.
local report = assert(client:cancel_all(open, { comment = comment, parallel = 50, wait = 60,
  on_item = function(item)
    print(("%-17s  %s  %s  %s"):format(item.verdict, item.id, item.machine or "-",
      tostring(item.error or "")))
  end }))
local stopped = (report.counts.cancelled or 0) + (report.counts.already_cancelled or 0)
print(("%d of %d offboardings are stopped"):format(stopped, report.total))
os.exit(stopped == report.total and 0 or 1)
