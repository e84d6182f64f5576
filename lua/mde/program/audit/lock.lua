-- Opens and locks files of the audit log. Waits while another process has locked one, up to a limit.

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

-- Takes the results of a file's function. -> the first; if it failed, raises { problem, number }
function lock.checked(value, problem, number)
  if not value then error({ problem = problem, number = number }, 0) end
  return value
end

-- Opens and locks the file at `path`. Raises as above.
function lock.open(path)
  local file = lock.checked(system.file.log(path))
  local locked, problem, number = lock.take(file, path)
  if not locked then file:close() end
  lock.checked(locked, problem, number)
  return file
end

return lock
