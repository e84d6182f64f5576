-- Tests base64url, reading and signing of tokens.

local certificates = require "spec.support.certificates"
local jwt = require "mde.auth.jwt"

-- RFC 4648, 10, and RFC 7515, appendix C.
local PAIRS = {
  [""] = "", f = "Zg", fo = "Zm8", foo = "Zm9v", foob = "Zm9vYg", fooba = "Zm9vYmE",
  foobar = "Zm9vYmFy", [string.char(3, 236, 255, 224, 193)] = "A-z_4ME", ["\0"] = "AA",
}

describe("base64url", function()
  it("converts as in the standards, both ways", function()
    for bytes, digits in pairs(PAIRS) do
      assert.equal(digits, jwt.base64url(bytes))
      assert.equal(bytes, jwt.unbase64url(digits))
    end
  end)

  it("keeps every byte", function()
    local bytes = {}
    for byte = 0, 255 do bytes[byte + 1] = string.char(byte, 255 - byte) end
    local text = table.concat(bytes)
    for cut = 0, 3 do
      local part = text:sub(1, #text - cut)
      assert.is_true(jwt.unbase64url(jwt.base64url(part)) == part)
    end
  end)

  it("refuses other text", function()
    for _, text in ipairs { "A", "AAAAA", "Zg==", "Zm9+", "Zm9/", "Zm 9",
                            "Zm9v\n", "Zm9ä", "\0\0" } do
      assert.is_nil(jwt.unbase64url(text))
    end
  end)
end)

describe("the claims of a token", function()
  -- RFC 7519, 3.1
  local example = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    .. ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
    .. "cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

  it("are those of its payload", function()
    assert.same({ iss = "joe", exp = 1300819380, ["http://example.com/is_root"] = true },
      jwt.claims(example))
  end)

  it("are read with any signature", function()
    assert.equal("joe", jwt.claims(example:gsub("[^.]+$", "")).iss)
    assert.equal("joe", jwt.claims(example:gsub("[^.]+$", "AAAA")).iss)
  end)

  it("are nil if the text is not a token", function()
    for _, text in ipairs { "", "opaque", "a.b", "a.b.c", "a.AAAA.c", ".AA.", "a.W10.c.d", "a. .c",
                            "a." .. jwt.base64url '"text"' .. ".c",
                            example .. ".", example .. "=" } do
      assert.is_nil(jwt.claims(text))
    end
  end)
end)

describe("a signed token", function()
  local leaf, other = certificates.read "leaf.pem", certificates.read "other.pem"

  it("verifies with the key that signed it", function()
    for _, algorithm in ipairs { "PS256", "RS256" } do
      local token = assert(jwt.sign({ alg = algorithm, typ = "JWT" }, { iss = "joe" }, leaf))
      local parts = assert(jwt.parts(token))
      assert.same({ alg = algorithm, typ = "JWT" }, parts.header)
      assert.same({ iss = "joe" }, parts.claims)
      assert.same({ iss = "joe" }, jwt.claims(token))
      assert.is_true(leaf:verify(parts.signed, parts.signature, algorithm))
      assert.is_false(other:verify(parts.signed, parts.signature, algorithm))
      assert.is_false(leaf:verify(parts.signed .. "A", parts.signature, algorithm))
    end
  end)

  it("has three parts that can be read", function()
    local object = jwt.base64url "{}"
    assert.is_table(jwt.parts(object .. "." .. object .. ".AA"))
    for _, text in ipairs { "", "opaque", ".", "..", "a.b.c", object .. "." .. object,
                            object .. "." .. object .. ".", object .. "." .. object .. ".A",
                            "x." .. object .. ".AA", object .. ".x.AA",
                            object .. "." .. object .. ".AA.AA" } do
      assert.is_nil(jwt.parts(text))
    end
  end)
end)
