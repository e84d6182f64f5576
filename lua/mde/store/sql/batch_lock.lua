-- A batch's lock other than a file lock: released once, at its scope's end.

local lock = {}

local Lock = {}
Lock.__index = Lock

function Lock:release()
  local release = self.give_up
  self.give_up = nil
  if release then release() end
end

Lock.__close = Lock.release

-- Creates a lock that calls `give_up()` on release.
function lock.new(give_up)
  return setmetatable({ give_up = give_up }, Lock)
end

return lock
