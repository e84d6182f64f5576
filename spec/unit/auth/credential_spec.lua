-- The choice of a credential from options and environment.

local settings = require "mde.config.options"

local GUID = "5f3b5a0e-0b9c-4a63-8d5e-0a1b2c3d4e5f"

local function choose(options, environment)
  return settings.read(options, function(name) return (environment or {})[name] end)
end

local function refused(code, text, options, environment)
  local chosen, err = choose(options, environment)
  assert.is_nil(chosen)
  assert.equal(code, err.code)
  assert.is_truthy(err.message:find(text, 1, true), err.message)
end

describe("the choice of a credential", function()
  it("takes the one that an option names", function()
    local chosen = assert(choose { tenant = "contoso.com", client_id = GUID, client_secret = "s" })
    assert.equal("client secret", chosen.credential.name)
    assert.equal("contoso.com/" .. GUID, chosen.application)
  end)

  it("takes MDE_TOKEN over the secret of the environment", function()
    local chosen = assert(choose({}, { MDE_TOKEN = "a.b.c", AZURE_TENANT_ID = "contoso.com",
                                       AZURE_CLIENT_ID = GUID, AZURE_CLIENT_SECRET = "s" }))
    assert.equal("Bearer a.b.c", chosen.credential.header:reveal())
  end)

  it("names the options that a secret lacks", function()
    refused("missing_credential", "client_id (AZURE_CLIENT_ID)", { client_secret = "s",
      tenant = "contoso.com" })
  end)

  it("refuses a value of the wrong form by its name", function()
    refused("invalid_argument", "client_id", { tenant = "contoso.com", client_id = "x",
                                               client_secret = "s" })
    refused("invalid_argument", "tenant", { tenant = "a b", client_id = GUID,
                                            client_secret = "s" })
    refused("invalid_argument", "AZURE_TOKEN_CREDENTIALS", {}, { AZURE_TOKEN_CREDENTIALS = "x" })
  end)
end)
