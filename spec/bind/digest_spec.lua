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
