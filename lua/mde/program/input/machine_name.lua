-- A machine that the command line names: its id, its whole DNS name, or a short name that
-- only one machine has.

local failure = require "mde.program.exit"
local machine = require "mde.service.machine"
local output = require "mde.program.terminal.output"

local naming = {}

-- The criterion for actions on a named machine: its id, where a machine of the tenant is
-- called so. Where none is (it may have been removed since), the name itself, by which the
-- actions are then filtered. Raises on a name that several machines have.
function naming.criterion(session, name)
  if not name or machine.id(name) then return name end
  local found, err = session:machine(name)
  if found then return found.id end
  if err.code ~= "not_found" then error(err, 0) end
  output.note("No machine '%s' is known now: actions are looked for that name it in full.", name)
  return name
end

-- Calls f(), and adds to what is raised that nothing was sent.
function naming.before_sending(f, ...)
  local results = table.pack(f(...))
  if results[1] ~= nil then return table.unpack(results, 1, results.n) end
  local err = results[2]
  err.message = err.message .. "; nothing was sent"
  return failure.check(nil, err)
end

return naming
