-- Signs in as an application with its client secret.
--
-- This is the OAuth 2.0 client credentials grant. Source: "Microsoft identity platform and the
-- OAuth 2.0 client credentials flow".

local core = require "mde.core"
local grant = require "mde.auth.grant"

local secret = {}

-- `settings`: authority (a base URL), tenant, client_id, scope, client_secret (text, or a
-- function called on use: -> text | nil, err). -> credential
function secret.new(settings)
  local given = settings.client_secret
  local is_later = type(given) == "function"
  local kept = not is_later and core.secret(given) or nil
  return grant.new {
    authority = settings.authority, tenant = settings.tenant,
    client_id = settings.client_id, scope = settings.scope,
    -- If the secret is known now, it is part of the identity: a stored token is found only with
    -- the secret that fetched it.
    identity = core.sha256(table.concat({ grant.address(settings, "token"), settings.client_id,
      settings.scope, is_later and "" or "secret " .. given }, "\n")),
    fields = function()
      local text, err
      if is_later then text, err = given() else text = kept:reveal() end
      if not text then return nil, err end
      return { { "grant_type", "client_credentials" }, { "client_secret", text } }
    end,
  }
end

return secret
