-- limit output
while true do print() end
