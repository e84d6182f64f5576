description = "Counts how often it could go on while a call of mde's client was under way."
categories = { "safe" }
local nmap = require "nmap"
local stdnse = require "stdnse"
hostrule = function() return true end
action = function()
  local ticks = 0
  while not (nmap.registry.mde and nmap.registry.mde.client.tasks[1]) do stdnse.sleep(0.001) end
  while nmap.registry.mde.client.tasks[1] do
    ticks = ticks + 1
    stdnse.sleep(0.001)
  end
  return "ticks: " .. ticks
end
