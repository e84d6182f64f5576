-- Writes the file $MARK while a call of mde's client is in flight.
description = "Writes the file $MARK while a call of mde's client is in flight."
categories = { "safe" }
local nmap = require "nmap"
local stdnse = require "stdnse"
hostrule = function() return true end
local function is_under_way()
  local client = nmap.registry.mde and nmap.registry.mde.client
  for _, task in ipairs(client and client.scheduler.tasks or {}) do
    if task.schedule.flight then return true end
  end
end
action = function()
  for _ = 1, 15000 do
    if is_under_way() then break end
    stdnse.sleep(0.001)
  end
  assert(io.open(os.getenv "MARK", "w")):close()
  return is_under_way() and "written while a call was under way"
end
