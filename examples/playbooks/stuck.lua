-- Cancels stuck live responses, which block the next one on their machine:
--
--   mde run stuck.lua 2h            lists them
--   mde run stuck.lua 2h --yes      cancels them
--
-- Requires Machine.Read.All and Machine.LiveResponse. Ends with 1 if one was not cancelled.

local mde = mde or require "mde"

local age, is_meant = arg[1], arg[2] == "--yes"
if not age then
  io.stderr:write("usage: stuck.lua AGE [--yes]\n")
  os.exit(2)
end

local client = assert(mde.client())
local stuck = assert(client:list {
  status = { "Pending", "InProgress" }, type = "LiveResponse", older_than = age })
print(("%d live responses are older than %s"):format(#stuck, age))
if not is_meant then
  for _, action in ipairs(stuck) do
    print(("%8s  %s  %s"):format(mde.duration(action:age() or 0), action.id,
      action.computerDnsName or "-"))
  end
  print "Nothing was cancelled. Add --yes to cancel."
  os.exit(0)
end

local report = assert(client:cancel_all(stuck, {
  comment = "Stuck for more than " .. age,
  on_item = function(item)
    print(("%-17s  %s  %s  %s"):format(item.verdict, item.id, item.machine or "-",
      tostring(item.error or "")))
  end,
}))
os.exit((report.counts.cancelled or 0) == report.total and 0 or 1)
