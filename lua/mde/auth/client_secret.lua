-- Signs in as an application with its client secret: the OAuth 2.0 client
-- credentials grant. Source: "Microsoft identity platform and the OAuth 2.0
-- client credentials flow".

local core = require "mde.core"
local grant = require "mde.auth.grant"

local secret = {}

-- `settings`: authority (a base URL), tenant, client_id, client_secret (text, or a function
-- that gives it when it is needed: -> text | nil, err), scope. -> credential
function secret.new(settings)
  local given = settings.client_secret
  local is_later = type(given) == "function"
  local kept = not is_later and core.secret(given) or nil
  return grant.new {
    authority = settings.authority, tenant = settings.tenant,
    client_id = settings.client_id, scope = settings.scope,
    -- Whose token it is; nobody else's secret gives it, where the secret is at hand.
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
