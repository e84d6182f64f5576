-- Remembers the coroutine that waits for a call, and tells whether it is gone.
--
-- The reference is weak: a coroutine that is dead, or that no program can resume any more, does
-- not wait. The main program always waits.

local caller = {}

local WEAK = { __mode = "v" }

-- The running coroutine.
function caller.current()
  local thread, is_main = coroutine.running()
  return setmetatable({ thread, is_main = thread == nil or is_main == true }, WEAK)
end

-- Reports whether a caller, as `current` returned it, is gone.
function caller.is_gone(known)
  if known.is_main then return false end
  return known[1] == nil or coroutine.status(known[1]) == "dead"
end

return caller
