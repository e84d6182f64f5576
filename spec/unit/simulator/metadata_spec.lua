-- The simulated endpoints of managed identities.

local sim = require "spec.support.sim"

local IDENTITY = "0c1d2e3f-58d2-4b77-8f0e-b1a6c2d4e587"
local RESOURCE = "resource=https%3A%2F%2Fapi.securitycenter.microsoft.com"
local VM = "/metadata/identity/oauth2/token?api-version=2018-02-01&" .. RESOURCE

describe("the metadata service of a VM", function()
  it("gives a token only to a request with its header", function()
    local asker = sim.new { sign_in = { identity = IDENTITY } }
    local status, body = asker:ask("GET", VM, { metadata = "true" })
    assert.equal(200, status)
    assert.same({ IDENTITY, "Bearer" }, { body.client_id, body.token_type })
    assert.equal(400, (asker:ask("GET", VM)))
    assert.equal(404, (asker:ask("GET", VM, { metadata = "true", ["x-forwarded-for"] = "x" })))
  end)

  it("refuses another identity", function()
    local asker = sim.new { sign_in = { identity = IDENTITY } }
    assert.equal(400, (asker:ask("GET", VM .. "&client_id=other", { metadata = "true" })))
  end)

  it("does not exist if the machine has no identity", function()
    assert.equal(404, (sim.new():ask("GET", VM, { metadata = "true" })))
  end)

  it("is not ready for the given number of requests", function()
    local asker = sim.new { sign_in = { identity = IDENTITY, identity_410 = 1 } }
    assert.equal(410, (asker:ask("GET", VM, { metadata = "true" })))
    assert.equal(200, (asker:ask("GET", VM, { metadata = "true" })))
  end)
end)

describe("the endpoint of an App Service", function()
  it("gives a token to a request with the secret header", function()
    local asker = sim.new { sign_in = { identity = IDENTITY, identity_header = "h" } }
    local path = "/msi/token?api-version=2019-08-01&" .. RESOURCE
    assert.equal(200, (asker:ask("GET", path, { ["x-identity-header"] = "h" })))
    assert.equal(401, (asker:ask("GET", path, { ["x-identity-header"] = "i" })))
  end)
end)
