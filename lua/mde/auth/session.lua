-- Signs in as the user of `mde login`, with the stored refresh token.
--
-- Each use of a refresh token returns an access token and a new refresh token. Source:
-- "Microsoft identity platform and OAuth 2.0 authorization code flow", refresh the access token.
-- `sessions` of a store keeps refresh tokens: get(name) -> secret or nil, put(name, secret),
-- forget(name).

local core = require "mde.core"
local errors = require "mde.base.errors"
local grant = require "mde.auth.grant"

local session = {}

-- The name of a session, which identifies it among others and is not secret.
function session.name(settings)
  return ("%s/%s/%s"):format(settings.authority, settings.tenant, settings.client_id):lower()
end

-- The name under which the access tokens of a session are stored.
function session.identity(settings)
  return core.sha256("session\n" .. session.name(settings) .. "\n" .. settings.scope)
end

-- The scopes to request for a session: also refresh tokens and the user's identity.
function session.scope(settings)
  return settings.scope .. " offline_access openid profile"
end

-- Stores the refresh token of an answer. -> false if it has none
function session.keep(settings, answer)
  local refresh = answer.refresh_token
  if type(refresh) ~= "string" or refresh == "" then return false end
  settings.sessions:put(session.name(settings), core.secret(refresh))
  return true
end

-- `settings`: authority, tenant, client_id, scope, sessions. -> credential
function session.new(settings)
  local name, used = session.name(settings), nil

  local function fields()
    used = settings.sessions:get(name)
    if used then
      return { { "grant_type", "refresh_token" }, { "refresh_token", used:reveal() } }
    end
    return nil, errors.new {
      code = "missing_credential",
      message = "no user has signed in to this tenant and application: run `mde login`",
    }
  end

  local credential = grant.new {
    authority = settings.authority, tenant = settings.tenant, client_id = settings.client_id,
    scope = session.scope(settings), identity = session.identity(settings), fields = fields,
  }

  -- If another process has used and replaced the token meanwhile, the new one is used.
  function credential.read(response)
    local got, detail = grant.token(response)
    if got then
      session.keep(settings, detail)
      return got
    end
    local now = settings.sessions:get(name)
    if detail.code == "sign_in" and now and now ~= used then return { pause = 0 } end
    return nil, detail
  end

  return credential
end

return session
