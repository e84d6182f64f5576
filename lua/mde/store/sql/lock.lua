-- What a batch's holder has, where it is no file's lock: released once, at the latest when
-- its scope ends.

local lock = {}

local Lock = {}
Lock.__index = Lock

function Lock:release()
  local release = self.give_up
  self.give_up = nil
  if release then release() end
end

Lock.__close = Lock.release

-- `give_up()` is called when it is released.
function lock.new(give_up)
  return setmetatable({ give_up = give_up }, Lock)
end

return lock
