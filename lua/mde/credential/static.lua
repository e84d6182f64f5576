-- A token given as it is (MDE_TOKEN, option `token`): there is nothing to
-- fetch, and nothing to refresh when the service no longer takes it.

local core = require "mde.core"
local entity = require "mde.entity"
local tokens = require "mde.token"

local static = {}

-- A credential from an access token. -> credential | nil: it is no bearer token
function static.new(token)
  local header = tokens.header(token)
  return header and { header = header }
end

-- {{ Whose it is. A token is the service's to read; this is only used to tell one
-- application's quota and batches from another's.

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

-- Text from base64url (RFC 4648, 5).
local function decode(text)
  local bytes, bits, count = {}, 0, 0
  for digit in text:gmatch "[%w%-_]" do
    bits, count = bits * 64 + DIGITS:find(digit, 1, true) - 1, count + 6
    if count >= 8 then
      count = count - 8
      local byte = math.floor(bits / 2 ^ count)
      bytes[#bytes + 1], bits = string.char(byte), bits - byte * 2 ^ count
    end
  end
  return table.concat(bytes)
end

local function guid(value)
  return type(value) == "string" and core.operation.guid(value) or nil
end

-- The tenant and the application that a JWT (RFC 7519) names, nil for what it does not.
-- Source: "Access token claims reference" (tid; appid in version 1, azp in 2).
function static.owner(token)
  local payload = token:match "^[%w%-_]+%.([%w%-_]+)%.[%w%-_]*$"
  local claims = payload and entity.decode(decode(payload)) or {}
  return guid(claims.tid), guid(claims.appid) or guid(claims.azp)
end

-- }}

return static
