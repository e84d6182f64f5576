-- Digests and random ids.

local core = require "mde.core"

describe("core.sha256", function()
  it("gives the digest as hexadecimal digits in lower case", function()
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      core.sha256 "abc")
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      core.sha256 "")
  end)

  it("takes every byte", function()
    assert.equal("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      core.sha256 "\0")
    assert.not_equal(core.sha256 "a\0b", core.sha256 "a\0c")
    assert.equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
      core.sha256(("a"):rep(1000000)))
  end)

  it("is of text", function()
    assert.equal(core.sha256 "12", core.sha256(12))
    for _, value in ipairs { true, {}, print, core.secret "hunter2" } do
      assert.error_matches(function() core.sha256(value) end, "string expected")
    end
    assert.error_matches(core.sha256, "string expected")
  end)
end)

describe("core.hmac_sha256", function()
  local expected = "\91\220\193\70\191\96\117\78\106\4\36\38\8\149\117\199"
    .. "\90\0\63\8\157\39\57\131\157\236\88\185\100\236\56\67"  -- RFC 4231, 4.3

  it("takes a key as text or as a secret", function()
    local text = "what do ya want for nothing?"
    assert.equal(expected, core.hmac_sha256("Jefe", text))
    assert.equal(expected, core.hmac_sha256(core.secret "Jefe", text))
    assert.not_equal(expected, core.hmac_sha256("Jeff", text))
    assert.equal(32, #core.hmac_sha256("k", ""))
  end)

  it("refuses anything else", function()
    for _, value in ipairs { true, {}, print } do
      assert.error_matches(function() core.hmac_sha256(value, "x") end, "string expected")
    end
    assert.error_matches(function() core.hmac_sha256("k") end, "string expected")
  end)
end)

describe("core.digest", function()
  it("is the digest of the pieces together", function()
    local digest = core.digest()
    assert.equal(core.sha256 "", digest:hex())
    assert.equal(core.sha256 "abc", digest:update "a":update "":update "bc":hex())
    assert.equal(core.sha256 "abc", digest:hex())
    assert.equal(core.sha256 "abc\0d", digest:update "\0d":hex())
  end)

  it("knows nothing of another", function()
    local one, two = core.digest():update "1", core.digest():update "2"
    assert.equal(core.sha256 "1", one:hex())
    assert.equal(core.sha256 "2", two:hex())
  end)

  it("is of text", function()
    for _, value in ipairs { true, {}, print, core.secret "hunter2" } do
      assert.error_matches(function() core.digest():update(value) end, "string expected")
    end
    assert.error_matches(function() core.digest().hex {} end, "mde.digest expected")
  end)

  it("is gone after its end, and says so", function()
    local gone = core.digest()
    local collect = debug.getmetatable(gone).__gc
    collect(gone)
    collect(gone)
    assert.error_matches(function() gone:hex() end, "the digest is gone")
  end)
end)
