-- policy %[%d+%] is too large
local list = {}
for i = 1, 9000 do list[i] = ("x"):rep(1000) end
return list
