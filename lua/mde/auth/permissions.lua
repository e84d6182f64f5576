-- What the token in use allows: methods of a client. All of it is for people: what a
-- token means is the service's to decide, and one that can't be read is no failure.

local core = require "mde.core"
local errors = require "mde.base.errors"
local jwt = require "mde.auth.jwt"

local permissions = {}

-- The claims of a token, from the value of an Authorization header (a secret).
-- -> table | nil: the token shows none
function permissions.claims(header)
  return jwt.claims(header:reveal():match "%S+$")
end

-- The permissions that claims have: an application's roles, or the scopes of a user's
-- token. Source: "Access token claims reference". -> array (sorted) | nil: they do not say
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

-- Whom a token is for. -> text | nil: it does not say
function permissions.audience(claims)
  return type(claims.aud) == "string" and errors.line(claims.aud, 100) or nil
end

permissions.any = errors.any

permissions.methods = {}

-- Signs in, unless there is a token. -> claims of the token (an empty table where it shows
-- none), seconds that the token lives on (nil if not known) | nil, err
function permissions.methods:sign_in()
  local closed = self:closed_error()
  if closed then return nil, closed end
  local now = self.clock.monotonic()
  local header, fetch = self.token:current(now)
  while not header do
    self:rest(self:step())
    now = self.clock.monotonic()
    closed = self:closed_error()
    if closed then return nil, closed end
    local late = self:end_reached "token"
    if late then return nil, late end
    if fetch.done and fetch.err then return nil, fetch.err end
    header, fetch = self.token:current(now)
  end
  local lifetime = self.token.expires_at - now
  return permissions.claims(header) or {}, lifetime < math.huge and lifetime or nil
end

-- By what the client signs in: "client secret", "managed identity", …; nil before a way was
-- found.
function permissions.methods:way()
  local credential = self.credential
  return credential.way and credential.way() or credential.name
end

--- The permissions that the token holds: an application's roles, or the scopes of a user's token.
--- Signs in, unless there is a token.
---@return string[]? permissions nil: the token does not say
---@return mde.error? err
function permissions.methods:permissions()
  local claims, err = self:sign_in()
  if not claims then return nil, err end
  return permissions.of(claims)
end

--- Whether the token allows an operation, as far as it says.
---@param operation string "cancel", "list", "isolate", …
---@return boolean? may nil: the token does not say
---@return mde.error? err
function permissions.methods:may(operation)
  local row = core.operation.rows[operation]
  if not row then error(("may: unknown operation '%s'"):format(tostring(operation)), 2) end
  local held, err = self:permissions()
  if not held then return nil, err end
  return permissions.any(row.permissions, held)
end

return permissions
