-- limit memory
while true do pcall(string.rep, "x", 2^30) end
