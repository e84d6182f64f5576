-- limit load
local list = setmetatable({}, { __index = function() return "" end })
pcall(table.concat, list, "", 1, math.maxinteger)
return { decide = "cancel" }
