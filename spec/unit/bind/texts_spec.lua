-- Text for databases, in C.

local core = require "mde.core"

local BAD = "\239\191\189"  -- U+FFFD

describe("core.texts", function()
  it("leaves good text and other values", function()
    local values = { n = select("#", core.texts("a", 1, nil, true, "", "é€\240\159\152\128", nil)),
                     core.texts("a", 1, nil, true, "", "é€\240\159\152\128", nil) }
    assert.are.same({ "a", 1, nil, true, "", "é€\240\159\152\128", nil, n = 7 }, values)
    assert.are.equal(0, select("#", core.texts()))
  end)

  it("removes NUL", function()
    assert.are.equal("ab", core.texts "\0a\0\0b\0")
    assert.are.equal("", core.texts "\0")
  end)

  it("replaces each byte that is not UTF-8", function()
    for bytes, count in pairs { ["\128"] = 1, ["\233"] = 1, ["\226\130"] = 2, ["\255\254"] = 2,
                                ["\192\175"] = 2, ["\224\128\175"] = 3, ["\237\160\128"] = 3,
                                ["\244\144\128\128"] = 4 } do
      assert.are.equal("x" .. BAD:rep(count) .. "y", core.texts("x" .. bytes .. "y"))
      assert.are.equal(BAD:rep(count), core.texts(bytes))
    end
    assert.are.equal("€" .. BAD .. "é", core.texts "€\128é")
  end)

  it("takes many values", function()
    local values = {}
    for i = 1, 200 do values[i] = "\0" .. i end
    local unpack = table.unpack or unpack
    assert.are.equal("200", (select(200, core.texts(unpack(values)))))
  end)
end)
