-- Cancels live responses that have been stuck for so long: mde run stuck.lua 4h
-- They block the next live response on their machine until they are gone.

local age = arg[1] or "4h"
local client = assert(mde.client())

local stuck = assert(client:list {
  status = { "Pending", "InProgress" }, type = "LiveResponse", older_than = age })
print(("%d live responses are older than %s"):format(#stuck, age))

local report = assert(client:cancel_all(stuck, {
  comment = "Stuck for more than " .. age,
  on_item = function(item)
    print(item.verdict, item.id, item.machine or "-", item.error or "")
  end,
}))
for verdict, count in pairs(report.counts) do print(count, verdict) end
