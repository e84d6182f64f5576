-- mde run used.lua ARG...: runs the command line and tells, at the end, the seconds of CPU that
-- it took with the programs it has run, and the peak of its memory in KiB.

local status = require "mde.program"(arg)
io.stdout:flush()
local file = assert(io.open "/proc/self/stat")
local fields, ticks = {}, 100
for word in file:read "a":gsub("^.*%) ", ""):gmatch "%S+" do fields[#fields + 1] = word end
file:close()
local seconds = (fields[12] + fields[13] + fields[14] + fields[15]) / ticks
for line in io.lines "/proc/self/status" do
  local peak = line:match "^VmHWM:%s*(%d+)"
  if peak then io.stderr:write(("used %.2f %d\n"):format(seconds, peak)) end
end
os.exit(status)
