-- Locks a file of the audit log. Waits while another process has locked it, up to a limit.

local errors = require "mde.base.errors"
local system = require "mde.program.system"
local waits = require "mde.store.sql.waiting"

local lock = { BUSY = 11 }  -- EAGAIN

-- Waits until the file is locked. -> true | nil, message, errno
local function wait(file, path)
  local store = system.state and system.state.store
  local waiting = waits.log(path, system.clock, store and store.database.world)
  local locked, problem, number
  repeat
    local done, raised = pcall(waiting.rest, waiting)
    if not done and not errors.is(raised) then error(raised, 0) end
    if not done then return nil, raised.message:match "[^:]+$":sub(2), lock.BUSY end
    locked, problem, number = file:lock()
  until locked ~= false
  waiting:finish()
  return locked, problem, number
end

-- Locks `file`, which is open, at `path`. -> true | nil, message, errno
function lock.take(file, path)
  local locked, problem, number = file:lock()
  if locked ~= false then return locked, problem, number end
  return wait(file, path)
end

return lock
