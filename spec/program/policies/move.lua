-- limit load
pcall(table.move, {}, 1, math.maxinteger - 1, 2)
return { decide = "cancel" }
