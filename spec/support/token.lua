-- An access token of an application in a tenant, for specs that only compare what it claims.

local cjson = require "cjson"
local jwt = require "mde.auth.jwt"

return function(tenant, application)
  local claims = cjson.encode { tid = tenant, appid = application, exp = 4102444800 }
  return jwt.base64url '{"alg":"none"}' .. "." .. jwt.base64url(claims) .. ".x"
end
