-- Signs in with a given access token (MDE_TOKEN or option `token`).
--
-- Such a token is never fetched, and can't be refreshed once the service refuses it.

local tokens = require "mde.auth.token"

local static = {}

-- A credential from an access token. -> credential | nil if it is not a bearer token
function static.new(token)
  local header = tokens.header(token)
  return header and { header = header }
end

return static
