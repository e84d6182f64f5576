-- limit load
pcall(string.find, ("a"):rep(40), ("a*"):rep(30) .. "b")
return { decide = "cancel" }
