-- Calls a function so that "interrupted" is raised in it: interrupt(n, f, ...)

-- Whether code of the client runs, and not for the simulator, at a level of the stack.
local function is_client(level)
  if not debug.getinfo(level, "S").source:find("lua/mde/", 1, true) then return false end
  while true do
    local info = debug.getinfo(level, "S")
    if not info then return true end
    if info.source:find("mde/simulator/", 1, true) then return false end
    level = level + 1
  end
end

-- Calls f so that it is interrupted at its nth instruction, or the first of the client's
-- after that. -> whether it was, before it had ended
return function(n, f, ...)
  local old, mask, stride = debug.gethook()
  local interrupted = false
  local function hook()
    debug.sethook(hook, "", 1)
    if not is_client(3) then return end
    debug.sethook()
    interrupted = true
    error("interrupted", 0)
  end
  debug.sethook(hook, "", n)
  pcall(f, ...)
  debug.sethook(old, mask, stride)
  return interrupted
end
