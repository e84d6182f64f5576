-- Resolves a machine on the command line: an id, DNS name or unique short name.

local failure = require "mde.program.exit"
local machine = require "mde.service.machine"
local output = require "mde.program.terminal.output"

local naming = {}

-- Returns the criterion for actions on a named machine: its id, or if the tenant has no such machine
-- (any more), the name itself. Raises if several machines have the name.
function naming.criterion(session, name)
  if not name or machine.id(name) then return name end
  local found, err = session:machine(name)
  if found then return found.id end
  if err.code ~= "not_found" then error(err, 0) end
  output.note("There is no machine '%s' now: searching for actions with this whole name.", name)
  return name
end

-- Calls f(), and adds to its error that nothing was sent.
function naming.before_sending(f, ...)
  local results = table.pack(f(...))
  if results[1] ~= nil then return table.unpack(results, 1, results.n) end
  local err = results[2]
  err.message = err.message .. "; nothing was sent"
  return failure.check(nil, err)
end

return naming
