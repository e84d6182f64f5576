-- limit load
pcall(string.rep, "", math.maxinteger)
return { decide = "cancel" }
