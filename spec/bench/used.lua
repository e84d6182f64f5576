-- Runs a command line and prints its CPU time and memory: mde run used.lua ARG...
--
-- The seconds of CPU include the programs that it has run; the memory is the peak in KiB.

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
