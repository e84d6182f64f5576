-- Tells what is open on a machine, oldest first: mde run machine.lua web1.contoso.com

local name = assert(arg[1], "which machine? Give its DNS name or id")
local client = assert(mde.client())

local actions = assert(client:list { status = { "Pending", "InProgress" }, machine = name })
for i = #actions, 1, -1 do
  local action = actions[i]
  print(("%s  %s  %s  %.0f minutes  by %s"):format(
    action.id, action.type, action.status, action:age() / 60, action.requestor))
end
