-- policy table expected
setmetatable("", { __index = {} })
