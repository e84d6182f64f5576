-- Who waits for a call, as a weak reference: a coroutine that is dead, or that nobody
-- can resume any more, waits for nothing. The main program always waits.

local caller = {}

local WEAK = { __mode = "v" }

-- Whoever runs now.
function caller.current()
  local thread = coroutine.running()
  return setmetatable({ thread, is_main = thread == nil }, WEAK)
end

-- Whether `who`, as `current` gave it, is gone.
function caller.is_gone(who)
  if who.is_main then return false end
  return who[1] == nil or coroutine.status(who[1]) == "dead"
end

return caller
