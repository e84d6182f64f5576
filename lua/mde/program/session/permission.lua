-- Refuses a token that cannot read back results, unless --unverified.

local core = require "mde.core"
local failure = require "mde.program.exit"

local permission = {}

function permission.define(command)
  command:flag("--unverified", "Proceed even if the token cannot read results.")
end

-- Signs in, and raises if the token may not read actions.
function permission.check(session, parsed)
  local may_read, err = session:may "list"
  if err then error(err, 0) end
  if may_read ~= false or parsed.unverified then return end
  failure.raise(failure.sign_in, "the token can't read machine actions, so results could not be"
    .. " verified; nothing was sent. Grant the application any of %s, or give --unverified",
    table.concat(core.operation.rows.list.permissions, ", "))
end

return permission
