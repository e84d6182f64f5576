-- The token request of an application that shows an assertion.

local assertion = require "mde.auth.assertion_grant"
local errors = require "mde.base.errors"
local form = require "mde.simulator.form"

local SETTINGS = { authority = "https://login.microsoftonline.com", tenant = "contoso.com",
                   client_id = "5f3b5a0e-0b9c-4a63-8d5e-0a1b2c3d4e5f", scope = "s/.default" }

describe("an assertion", function()
  it("is made again for each request", function()
    local made = 0
    local credential = assertion.new(SETTINGS, "key 1", function()
      made = made + 1
      return "a.b." .. made
    end)
    for i = 1, 2 do
      local fields = form.decode(assert(credential.request()).body:reveal())
      assert.equal("a.b." .. i, fields.client_assertion)
      assert.equal("client_credentials", fields.grant_type)
    end
  end)

  it("that cannot be made ends the request with the error", function()
    local problem = errors.new { code = "missing_credential", message = "no file" }
    local request, err = assertion.new(SETTINGS, "x", function() return nil, problem end).request()
    assert.is_nil(request)
    assert.equal(problem, err)
  end)

  it("has an identity derived from its source", function()
    local function identity(source)
      return assertion.new(SETTINGS, source, function() end).identity
    end
    assert.equal(identity "key 1", identity "key 1")
    assert.not_equal(identity "key 1", identity "key 2")
  end)
end)
