-- A token given as it is (MDE_TOKEN, option `token`): there is nothing to
-- fetch, and nothing to refresh when the service no longer takes it.

local core = require "mde.core"
local errors = require "mde.errors"

local static = {}

-- A credential from an access token. -> credential | nil, err
function static.new(token)
  if not token:find "^[%w%-%._~%+/]+=*$" then
    return errors.invalid("token: not a bearer token (a single word of letters, digits and -._~+/)")
  end
  return { kind = "static", header = core.secret("Bearer " .. token) }
end

return static
