-- Runs a command line and prints its peak memory: mde run peak.lua ARG...

local status = require "mde.program"(arg)
for line in io.lines "/proc/self/status" do
  local kilobytes = line:match "^VmHWM:%s*(%d+)"
  if kilobytes then io.stderr:write("peak ", kilobytes, "\n") end
end
os.exit(status)
