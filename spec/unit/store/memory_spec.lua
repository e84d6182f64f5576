-- The store of one process.

local core = require "mde.core"
local memory = require "mde.store.memory"

describe("the store in memory", function()
  it("has one set of windows for each application", function()
    local store = memory.new()
    assert.equal(store:windows "a", store:windows "a")
    assert.not_equal(store:windows "a", store:windows "b")
    assert.same({}, store:windows "a":news())
    assert.is_false(store:windows "a".is_shared)
  end)

  it("shares nothing with another store", function()
    local one, other = memory.new(), memory.new()
    one.tokens:put("me", core.secret "Bearer x", 5)
    assert.is_nil((other.tokens:get "me"))
    assert.not_equal(one:windows "a", other:windows "a")
  end)

  it("commits, rolls back and closes without effect", function()
    local store = memory.new()
    store.sessions:put("s", core.secret "r")
    store:commit()
    store:rollback()
    assert.equal("r", store.sessions:get "s":reveal())
    store:close()
  end)
end)
