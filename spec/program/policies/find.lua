-- limit load
pcall(string.find, ("a"):rep(4e6), ("a"):rep(2e6) .. "b", 1, true)
pcall(string.find, ("a"):rep(4e6), ("a"):rep(2e6) .. "b", 1, true)
while true do pcall(string.find, ("a"):rep(1e6), ("a"):rep(5e5) .. "b", 1, true) end
