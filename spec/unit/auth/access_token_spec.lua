-- Access tokens that the user supplies.

local jwt = require "mde.auth.jwt"
local static = require "mde.auth.access_token"

local JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2FwaSJ9.c2lnbmF0dXJl"

describe("a given token", function()
  it("is a header, as a secret, and cannot be fetched", function()
    local given = static.new(JWT)
    assert.equal("<secret>", tostring(given.header))
    assert.equal("Bearer " .. JWT, given.header:reveal())
    assert.is_nil(given.request)
    for _, text in ipairs { "a", "AZaz09-._~+/", "a==" } do assert.is_table((static.new(text))) end
  end)

  it("has a tenant and application, if it shows them", function()
    local tenant, client = "7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60",
      "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587"
    local first = "eyJ0aWQiOiAiN0QwQjNCNEUtNmUxZi00YzQzLTlkNWEtMmY4ZDRhMWM5YjYwIiwgImFwcG"
      .. "lkIjogIjNjOWY0ZjBhLTU4ZDItNGI3Ny04ZjBlLWIxYTZjMmQ0ZTU4NyIsICJuYW1lIjog"
      .. "Ilx1MDBmZn4_PiJ9"
    local second = "eyJ0aWQiOiAiN2QwYjNiNGUtNmUxZi00YzQzLTlkNWEtMmY4ZDRhMWM5YjYwIiwgImF6cC"
      .. "I6ICIzYzlmNGYwYS01OGQyLTRiNzctOGYwZS1iMWE2YzJkNGU1ODcifQ"
    for _, payload in ipairs { first, second } do
      assert.same({ tenant, client }, { jwt.owner("eyJ." .. payload .. ".x") })
    end
    for _, text in ipairs { "opaque", "a.b.c", "eyJ." .. first,
                            "eyJ.eyJ0aWQiOiAibm9uc2Vuc2UiLCAiYXBwaWQiOiA3fQ.x" } do
      assert.same({}, { jwt.owner(text) })
    end
  end)

  it("is a single word", function()
    for _, text in ipairs { "", " ", "a b", " a", "a\n", "a\r\nx: y", "Bearer a", "a\0", "=", "=a",
                            "a=b", '"a"', "ä" } do
      assert.is_nil(static.new(text))
    end
  end)
end)
