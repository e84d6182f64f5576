-- The key that signs the simulator's tokens.

local jwt = require "mde.auth.jwt"
local key = require "mde.simulator.key"

describe("the simulator's key", function()
  it("is one certificate, whose name tells that it is worthless", function()
    assert.equal(key.certificate(), key.certificate())
    assert.matches("^%x+$", (key.certificate():thumbprint("SHA-256"):gsub(".", function(byte)
      return ("%02x"):format(byte:byte())
    end)))
  end)

  it("signs claims that can be read", function()
    local token = key.sign { tid = "t", exp = 5 }
    assert.matches("^[%w_-]+%.[%w_-]+%.[%w_-]+$", token)
    assert.same({ "t", 5 }, { jwt.claims(token).tid, jwt.claims(token).exp })
  end)
end)
