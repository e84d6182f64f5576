-- A token given as it is (MDE_TOKEN, option `token`): there is nothing to
-- fetch, and nothing to refresh when the service no longer takes it.

local errors = require "mde.errors"
local tokens = require "mde.token"

local static = {}

-- A credential from an access token. -> credential | nil, err
function static.new(token)
  local header = tokens.header(token)
  if not header then
    return errors.invalid("token: not a bearer token (a single word of letters, digits and -._~+/)")
  end
  return { kind = "static", header = header }
end

return static
