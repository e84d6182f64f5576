-- Sorted keys, merged copies and sets.

local tables = require "mde.base.tables"

describe("a table", function()
  it("has sorted keys, as texts", function()
    assert.same({ "1", "a", "b" }, tables.keys { "x", b = 1, a = false })
  end)

  it("is copied, under the fields of another", function()
    local fields = { a = 1, b = 2 }
    assert.same({ a = 1, b = 3, c = 4 }, tables.merged(fields, { b = 3, c = 4 }))
    assert.same({ a = 1, b = 2 }, fields)
    assert.are_not.equal(fields, tables.merged(fields))
  end)

  it("of elements becomes a set", function()
    assert.same({ a = true, b = true }, tables.set { "a", "b", "a" })
  end)
end)
