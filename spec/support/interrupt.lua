-- Calls a function so that "interrupted" is raised in it: interrupt(n, f, ...)

-- Function -> "client", "simulator" or "other", by its file.
local kinds = setmetatable({}, { __mode = "k" })

local function kind_of(f)
  local source = debug.getinfo(f, "S").source
  kinds[f] = source:find("mde/simulator/", 1, true) and "simulator"
    or source:find("lua/mde/", 1, true) and "client" or "other"
  return kinds[f]
end

-- Reports if code of the client runs, and not for the simulator, at a level of the stack.
local function is_client(level)
  local info = debug.getinfo(level, "f")
  if (kinds[info.func] or kind_of(info.func)) ~= "client" then return false end
  while info do
    if (kinds[info.func] or kind_of(info.func)) == "simulator" then return false end
    level = level + 1
    info = debug.getinfo(level, "f")
  end
  return true
end

-- Calls f so that it is interrupted at its nth instruction, or the first of the client's
-- after that. -> whether it was, before it had ended
return function(n, f, ...)
  local old, mask, stride = debug.gethook()
  local interrupted = false
  -- Elsewhere only returns are looked at: the client goes on after one of them.
  local function hook(event)
    if event ~= "count" then
      if is_client(4) then debug.sethook(hook, "", 1) end
    elseif is_client(3) then
      debug.sethook()
      interrupted = true
      error("interrupted", 0)
    else
      debug.sethook(hook, "r")
    end
  end
  debug.sethook(hook, "", n)
  pcall(f, ...)
  debug.sethook(old, mask, stride)
  return interrupted
end
