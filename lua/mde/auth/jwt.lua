-- JSON Web Tokens (RFC 7519): base64url, reading claims, and signing.
--
-- base64url is RFC 4648, section 5. A token that can't be read gives nil.

local cjson = require "cjson"
local core = require "mde.core"
local json = require "mde.service.json"

local jwt = {}

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

local DIGITS, VALUES = {}, {}
for i = 1, #ALPHABET do
  DIGITS[i - 1], VALUES[ALPHABET:sub(i, i)] = ALPHABET:sub(i, i), i - 1
end

-- One to three bytes as two to four digits.
local function encode(group)
  local a, b, c = group:byte(1, 3)
  local bits = a * 65536 + (b or 0) * 256 + (c or 0)
  local out = {}
  for i = 1, #group + 1 do out[i] = DIGITS[math.floor(bits / 64 ^ (4 - i)) % 64] end
  return table.concat(out)
end

-- Bytes -> base64url digits, without padding
function jwt.base64url(bytes)
  return (bytes:gsub("..?.?", encode))
end

-- Two to four digits as one to three bytes.
local function decode(a, b, c, d)
  local bits = VALUES[a] * 262144 + VALUES[b] * 4096 + (VALUES[c] or 0) * 64 + (VALUES[d] or 0)
  local first, second = math.floor(bits / 65536), math.floor(bits / 256) % 256
  if c == "" then return string.char(first) end
  if d == "" then return string.char(first, second) end
  return string.char(first, second, bits % 256)
end

-- base64url digits without padding -> bytes | nil
function jwt.unbase64url(text)
  if text:find "[^%w%-_]" or #text % 4 == 1 then return nil end
  return (text:gsub("(.)(.)(.?)(.?)", decode))
end

-- One part of a token as a table | nil
local function read(part)
  local bytes = jwt.unbase64url(part)
  return bytes and json.decode(bytes) or nil
end

-- The claims of a signed token, as a table | nil if it is not a signed token. For diagnosis
-- only: the signature is not checked, and access tokens are meant for the service.
function jwt.claims(token)
  local payload = token:match "^[%w%-_]+%.([%w%-_]+)%.[%w%-_]*$"
  return payload and read(payload)
end

local function guid(value)
  return type(value) == "string" and core.operation.guid(value) or nil
end

-- The tenant and the application that an access token names; nil for a missing one. Used only to
-- keep the quotas and batches of applications apart. Source: "Access token claims reference"
-- (tid; appid in version 1, azp in version 2).
function jwt.owner(token)
  local claims = jwt.claims(token) or {}
  return guid(claims.tid), guid(claims.appid) or guid(claims.azp)
end

-- The parts of a signed token, unchecked: { header, claims, signed (the signed text),
-- signature } | nil if it is not a signed token
function jwt.parts(token)
  local signed, first, second, third =
    token:match "^(([%w%-_]+)%.([%w%-_]+))%.([%w%-_]+)$"
  if not signed then return nil end
  local header, claims, signature = read(first), read(second), jwt.unbase64url(third)
  if not (header and claims and signature) then return nil end
  return { header = header, claims = claims, signed = signed, signature = signature }
end

-- A token signed by a core.certificate, with the algorithm in `header`.
-- -> text | nil, err
function jwt.sign(header, claims, certificate)
  local signed = jwt.base64url(cjson.encode(header)) .. "." .. jwt.base64url(cjson.encode(claims))
  local signature, err = certificate:sign(signed, header.alg)
  if not signature then return nil, err end
  return signed .. "." .. jwt.base64url(signature)
end

return jwt
