-- limit load
local list = setmetatable({}, { __len = function() return math.maxinteger - 1 end })
pcall(table.insert, list, 1, "x")
return { decide = "cancel" }
