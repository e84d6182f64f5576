-- limit load
local list = setmetatable({}, { __len = function() return math.maxinteger - 1 end })
pcall(table.remove, list, 1)
return { decide = "cancel" }
