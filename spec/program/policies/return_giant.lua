-- policy list has too many values
local list = {}
for i = 1, 20000 do list[i] = i end
return { decide = "cancel", list = list }
