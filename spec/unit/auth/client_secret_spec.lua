-- The token request of an application with a client secret.

local secrets = require "mde.auth.client_secret"
local sim = require "spec.support.sim"

local SECRET = "q8Q~x+&=/ü%"

local function credential(changes)
  local settings = { authority = "https://login.microsoftonline.com", tenant = "contoso.com",
    client_id = "5f3b5a0e-0b9c-4a63-8d5e-0a1b2c3d4e5f", client_secret = SECRET,
    scope = "https://api.securitycenter.microsoft.com/.default" }
  for name, value in pairs(changes or {}) do settings[name] = value end
  return secrets.new(settings)
end

describe("the request for an application's token", function()
  it("is a form sent to the tenant's endpoint", function()
    local request = credential().request()
    assert.equal("POST", request.method)
    assert.equal("https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token", request.url)
    assert.equal("application/x-www-form-urlencoded", request.headers["content-type"])
    assert.equal("client_id=5f3b5a0e-0b9c-4a63-8d5e-0a1b2c3d4e5f"
      .. "&scope=https%3A%2F%2Fapi.securitycenter.microsoft.com%2F.default"
      .. "&grant_type=client_credentials&client_secret=q8Q~x%2B%26%3D%2F%C3%BC%25",
      request.body:reveal())
  end)

  it("keeps the client secret as a secret value", function()
    assert.equal("<secret>", tostring(credential().request().body))
  end)

  it("stays at the endpoint for any tenant", function()
    assert.equal("https://login.microsoftonline.com/..%2F%3Fx%23/oauth2/v2.0/token",
      credential({ tenant = "../?x#" }).request().url)
  end)

  it("is accepted by the simulated Entra", function()
    local asker, service = sim.new()
    local signing = credential { tenant = service.tenant, client_id = service.client_id,
                                 client_secret = service.client_secret }
    local request = signing.request()
    local _, _, answer = asker:ask("POST", request.url:match "^https://[^/]+(.*)$",
      { ["content-type"] = request.headers["content-type"] }, request.body:reveal())
    local got = assert(signing.read(answer))
    asker.token = got.header:reveal():match "^Bearer (.+)$"
    assert.equal(200, (asker:list()))
    assert.equal(3600, got.lifetime)
  end)
end)
