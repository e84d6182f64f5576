-- The version.

describe("the version", function()
  it("is a semantic version, and the one that mde reports", function()
    local version = require "mde.base.version"
    assert.matches("^%d+%.%d+%.%d+$", (version:gsub("%-%l+$", "")))
    assert.equal("mde " .. version, require "mde"._VERSION)
  end)
end)
