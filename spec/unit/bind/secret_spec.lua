-- Secrets: their text is never shown.

local core = require "mde.core"

describe("core.secret", function()
  local secret = core.secret "hunter2"

  it("prints as <secret>", function()
    assert.are.equal("<secret>", tostring(secret))
  end)

  it("shows its bytes to reveal alone", function()
    assert.are.equal("hunter2", secret:reveal())
    assert.is_nil(secret.bytes)
    assert.is_nil(secret.__gc)
    assert.are.equal("locked", getmetatable(secret))
    assert.is_false(pcall(setmetatable, secret, {}))
  end)

  it("keeps every byte", function()
    for _, text in ipairs { "", "a\0b\0", ("\255\0"):rep(500000) } do
      assert.is_true(core.secret(text):reveal() == text)
    end
    assert.are.equal("12", core.secret(12):reveal())
  end)

  it("compares by content, and with secrets only", function()
    assert.is_true(secret == core.secret "hunter2")
    assert.is_false(secret == core.secret "hunter3")
    assert.is_false(secret == core.secret "hunter")
    assert.is_false(secret == "hunter2")
    assert.is_false(secret == io.stdout)
  end)

  it("does not become part of a text", function()
    for _, value in ipairs { "text", 1, secret, {} } do
      assert.is_false(pcall(function() return secret .. value end))
      assert.is_false(pcall(function() return value .. secret end))
    end
    assert.is_false(pcall(function() return #secret end))
  end)

  it("is made of text", function()
    for _, value in ipairs { true, {}, print, secret } do
      assert.error_matches(function() core.secret(value) end, "string expected")
    end
    assert.error_matches(core.secret, "string expected")
  end)

  it("is asked as a secret only", function()
    for _, value in ipairs { "text", 1, {}, io.stdout } do
      assert.error_matches(function() secret.reveal(value) end, "mde.secret expected")
    end
    assert.error_matches(function() secret.reveal() end, "mde.secret expected")
  end)

  it("is collected", function()
    local held = setmetatable({ core.secret "hunter2" }, { __mode = "v" })
    collectgarbage()
    collectgarbage()
    assert.is_nil(held[1])
  end)

  it("is gone after its end, and says so", function()
    local gone = core.secret "hunter2"
    local collect = debug.getmetatable(gone).__gc
    collect(gone)
    collect(gone)
    assert.error_matches(function() gone:reveal() end, "the secret is gone")
    assert.are.equal("<secret>", tostring(gone))
    assert.is_false(gone == secret)
  end)
end)
