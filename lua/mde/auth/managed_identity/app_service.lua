-- The managed identity of an App Service, a function or a container app.
--
-- The environment has the endpoint's address. Source: "How to use managed identities for App
-- Service and Azure Functions".

local core = require "mde.core"
local endpoint = require "mde.auth.managed_identity.endpoint"

local app_service = {}

-- `settings`: resource, clock, client_id (nil: the service's own identity), endpoint (a URL),
-- header (the text that proves to the endpoint that we run inside). -> credential
function app_service.new(settings)
  local header = core.secret(settings.header)
  local credential = {}

  function credential.request()
    return endpoint.get(settings.endpoint,
      { { "api-version", "2019-08-01" }, { "resource", settings.resource },
        { "client_id", settings.client_id } },
      { ["x-identity-header"] = header })
  end

  function credential.read(response)
    return endpoint.read(response, settings.clock)
  end

  return credential
end

return app_service
