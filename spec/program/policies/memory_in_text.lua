-- limit memory
local text = "x"
while true do pcall(function() text = text .. text end) end
