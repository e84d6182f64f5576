-- limit load
local list = setmetatable({}, {
  __len = function() return 2^31 - 2 end, __index = function() return 1 end,
  __newindex = function() end })
pcall(table.sort, list, function() return false end)
return { decide = "cancel" }
