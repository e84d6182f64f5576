-- Signs in as the user who did so with `mde login`: the refresh token that was kept then
-- gives access tokens, and a new refresh token in its place each time. Source: "Microsoft
-- identity platform and OAuth 2.0 authorization code flow", refresh the access token.
--
-- Refresh tokens are kept by `sessions` of a store: get(name) -> secret or nil,
-- put(name, secret), forget(name).

local core = require "mde.core"
local errors = require "mde.base.errors"
local grant = require "mde.auth.grant"

local session = {}

-- What keeps a session apart from others; not secret.
function session.name(settings)
  return ("%s/%s/%s"):format(settings.authority, settings.tenant, settings.client_id):lower()
end

-- Under which the access tokens of a session are kept.
function session.identity(settings)
  return core.sha256("session\n" .. session.name(settings) .. "\n" .. settings.scope)
end

-- What is asked for by who wants a session: refresh tokens too, and who the user is.
function session.scope(settings)
  return settings.scope .. " offline_access openid profile"
end

-- Keeps the refresh token of an answer. -> whether it has one
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
      message = "nobody has signed in here to this tenant and application: `mde login` does",
    }
  end

  local credential = grant.new {
    authority = settings.authority, tenant = settings.tenant, client_id = settings.client_id,
    scope = session.scope(settings), identity = session.identity(settings), fields = fields,
  }

  -- Where another process has taken and replaced the token meanwhile, its successor is used.
  function credential.read(response)
    local got, detail = grant.token(response)
    if got then
      session.keep(settings, detail)
      return got
    end
    local now = settings.sessions:get(name)
    if detail.code == "sign_in" and now and now ~= used then return nil, nil, 0 end
    return nil, detail
  end

  return credential
end

return session
