-- Signs in as an application with an assertion instead of a secret.
--
-- An assertion is a token that proves the application's identity. Source: "Microsoft identity
-- platform and the OAuth 2.0 client credentials flow", second and third case.

local core = require "mde.core"
local grant = require "mde.auth.grant"

local assertion = {}

-- `settings`: authority (a base URL), tenant, client_id, scope. `whose` is a text that is unique
-- to this source of assertions. make() -> text | nil, err is called for each request.
-- -> credential
function assertion.new(settings, whose, make)
  return grant.new {
    authority = settings.authority, tenant = settings.tenant,
    client_id = settings.client_id, scope = settings.scope,
    identity = core.sha256(table.concat({ grant.address(settings, "token"),
                                          settings.client_id, settings.scope, whose }, "\n")),
    fields = function()
      local text, err = make()
      if not text then return nil, err end
      return {
        { "grant_type", "client_credentials" },
        { "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" },
        { "client_assertion", text },
      }
    end,
  }
end

return assertion
