-- Sorted keys, merged copies, sets, and elements.

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

  it("gives the index of an element", function()
    assert.equal(2, tables.index({ "a", "b", "b" }, "b"))
    assert.is_nil(tables.index({ "a" }, nil))
  end)

  it("gives its elements one by one, also those added meanwhile", function()
    local list, seen = { 1 }, {}
    for element in tables.each(list) do
      seen[#seen + 1] = element
      if element < 3 then list[element + 1] = element + 1 end
    end
    assert.same({ 1, 2, 3 }, seen)
  end)
end)
