-- Client methods that report the permissions of the token in use.
--
-- They are for diagnosis: only the service decides what a token allows, and a token that can't
-- be read is not an error.

local core = require "mde.core"
local errors = require "mde.base.errors"
local jwt = require "mde.auth.jwt"

local permissions = {}

-- The claims of a token, from the value of an Authorization header (a secret).
-- -> table | nil if the token shows none
function permissions.claims(header)
  return jwt.claims(header:reveal():match "%S+$")
end

-- The permissions in claims: an application's roles, or the scopes of a user's token. Source:
-- "Access token claims reference". -> sorted array | nil if they show none
function permissions.of(claims)
  local held = {}
  if type(claims.roles) == "table" then
    for _, role in ipairs(claims.roles) do held[#held + 1] = tostring(role) end
  elseif type(claims.scp) == "string" then
    for scope in claims.scp:gmatch "%S+" do held[#held + 1] = scope end
  else
    return nil
  end
  table.sort(held)
  return held
end

-- The audience of a token. -> text | nil if it shows none
function permissions.audience(claims)
  return type(claims.aud) == "string" and errors.line(claims.aud, 100) or nil
end

permissions.any = errors.any

permissions.methods = {}

-- Signs in, unless there is a token. -> the token's claims (an empty table if it shows none),
-- its remaining lifetime in seconds (nil if not known) | nil, err
function permissions.methods:sign_in()
  local header, fetch, err
  self.scheduler:drive(function()
    err = self:closed_error()
    if not err and fetch then err = self:end_reached "token" or fetch.done and fetch.err or nil end
    if err then return true end
    header, fetch = self.token:current(self.clock.monotonic())
    return header ~= nil
  end)
  if err then return nil, err end
  local lifetime = self.token.expires_at - self.clock.monotonic()
  return permissions.claims(header) or {}, lifetime < math.huge and lifetime or nil
end

-- The name of the client's credential, such as "client secret"; nil until one is found.
function permissions.methods:way()
  local credential = self.credential
  return credential.way and credential.way() or credential.name
end

--- The permissions that the token holds: an application's roles, or the scopes of a user's token.
--- Signs in, unless there is a token.
---@return string[]? permissions nil if the token shows none
---@return mde.error? err
function permissions.methods:permissions()
  local claims, err = self:sign_in()
  if not claims then return nil, err end
  return permissions.of(claims)
end

--- Reports if the token allows an operation, by the permissions that it shows.
---@param operation string "cancel", "list", "isolate", …
---@return boolean? may nil if the token shows no permissions
---@return mde.error? err
function permissions.methods:may(operation)
  local row = core.operation.rows[operation]
  if not row then error(("may: unknown operation '%s'"):format(tostring(operation)), 2) end
  local held, err = self:permissions()
  if not held then return nil, err end
  return permissions.any(row.permissions, held)
end

return permissions
