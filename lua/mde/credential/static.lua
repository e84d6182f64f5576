-- A token given as it is (MDE_TOKEN, option `token`): there is nothing to
-- fetch, and nothing to refresh when the service no longer takes it.

local core = require "mde.core"
local jwt = require "mde.jwt"
local tokens = require "mde.token"

local static = {}

-- A credential from an access token. -> credential | nil: it is no bearer token
function static.new(token)
  local header = tokens.header(token)
  return header and { header = header }
end

-- {{ Whose it is. A token is the service's to read; this is only used to tell one
-- application's quota and batches from another's.

local function guid(value)
  return type(value) == "string" and core.operation.guid(value) or nil
end

-- The tenant and the application that a JWT (RFC 7519) names, nil for what it does not.
-- Source: "Access token claims reference" (tid; appid in version 1, azp in 2).
function static.owner(token)
  local claims = jwt.claims(token) or {}
  return guid(claims.tid), guid(claims.appid) or guid(claims.azp)
end

-- }}

return static
