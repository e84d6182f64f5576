-- The module `mde`.

local mde = require "mde"

describe("mde.client", function()
  it("makes clients that share the engine and the store", function()
    local one, other = assert(mde.client { token = "a" }), assert(mde.client { token = "b" })
    assert.equal(one.engine, other.engine)
    assert.equal(one.store, other.store)
  end)

  it("uses a store that it is given", function()
    local store = require "mde.store.memory".new()
    assert.equal(store, assert(mde.client { token = "a", store = store }).store)
  end)

  it("returns an error for a value, and raises one for an unknown option", function()
    local client, err = mde.client { token = "a b" }
    assert.is_nil(client)
    assert.equal("invalid_argument", err.code)
    assert.error_matches(function() mde.client { tokn = "a" } end, "'tokn'")
  end)
end)
