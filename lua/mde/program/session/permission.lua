-- Whether a token can read what it changes. What nobody can read back can't be verified,
-- so that is refused before anything is sent, unless --unverified says that it will do.

local core = require "mde.core"
local failure = require "mde.program.exit"

local permission = {}

function permission.define(command)
  command:flag("--unverified", "Go on with a token that can't read what became of it.")
end

-- Signs in, and raises where the token says that it may not read actions.
function permission.check(session, parsed)
  local may_read, err = session:may "list"
  if err then error(err, 0) end
  if may_read ~= false or parsed.unverified then return end
  failure.raise(failure.sign_in, "the token can't read machine actions, so nothing that is sent"
    .. " could be verified; nothing was sent. Grant the application any of %s, or give"
    .. " --unverified",
    table.concat(core.operation.rows.list.permissions, ", "))
end

return permission
