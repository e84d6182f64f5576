-- A token given as it is (MDE_TOKEN, option `token`): there is nothing to
-- fetch, and nothing to refresh when the service no longer takes it.

local tokens = require "mde.auth.token"

local static = {}

-- A credential from an access token. -> credential | nil: it is no bearer token
function static.new(token)
  local header = tokens.header(token)
  return header and { header = header }
end

return static
