-- limit load
while true do pcall(error) end
