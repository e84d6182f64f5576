-- Lists the open actions of a machine, the oldest first:
--
--   mde run machine.lua web1.contoso.com
--
-- Requires Machine.Read.All. Ends with 1 if an action is open, or there is no such machine.

local mde = mde or require "mde"

local name = arg[1]
if not name then
  io.stderr:write("usage: machine.lua MACHINE\n")
  os.exit(2)
end

local client = assert(mde.client())
local machine = assert(client:machine(name))
local actions = assert(client:list { status = { "Pending", "InProgress" }, machine = machine.id,
                                     order = "oldest" })
for _, action in ipairs(actions) do
  print(("%-27s  %-10s  %8s  %s  by %s"):format(action.type, action.status,
    mde.duration(action:age() or 0), action.id, action.requestor or "-"))
end
os.exit(#actions == 0 and 0 or 1)
