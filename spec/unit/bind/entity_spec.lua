-- Decoding of entities in C.

local cjson = require "cjson"
local core = require "mde.core"

-- The subtype of a number, where Lua has them.
local kind = math.type or function(number) return number % 1 == 0 and "integer" or "float" end

-- A table nested `depth` deep.
local function nested(depth)
  local value = {}
  for _ = 2, depth do value = { value } end
  return value
end

describe("core.tidy", function()
  it("makes null absent, wherever it is", function()
    local value = cjson.decode [[{"a": null, "b": {"c": null, "d": [1, {"e": null}]}, "f": "g"}]]
    assert.are.same({ b = { d = { 1, {} } }, f = "g" }, core.tidy(value))
  end)

  it("makes null absent in lists", function()
    local list = core.tidy(cjson.decode "[null, 2, null]")
    assert.is_nil(list[1])
    assert.are.equal(2, list[2])
    assert.is_nil(list[3])
  end)

  it("leaves nothing of a table of nulls", function()
    local value = {}
    for i = 1, 1000 do value[i], value["key" .. i] = cjson.null, cjson.null end
    assert.is_nil(next(core.tidy(value)))
  end)

  it("makes integral numbers integers", function()
    local value = core.tidy(cjson.decode "[0, 1, -1, 1e3, 2147483648, 9007199254740992, -0]")
    for i = 1, #value do assert.are.equal("integer", kind(value[i])) end
    assert.are.same({ 0, 1, -1, 1000, 2147483648, 9007199254740992, 0 }, value)
  end)

  it("leaves other numbers as they are", function()
    local value = core.tidy { 0.5, -1.25, 1e300, 1 / 0, -1 / 0, 7 }
    assert.are.same({ 0.5, -1.25, 1e300, 1 / 0, -1 / 0, 7 }, value)
    assert.are.equal("float", kind(value[1]))
    local none = core.tidy { 0 / 0 }
    assert.is_true(none[1] ~= none[1])
  end)

  it("leaves everything else, and the keys", function()
    local value = { [1.5] = 2, [true] = "x", s = "1", b = false, f = print, u = io.stdout }
    assert.are.same({ [1.5] = 2, [true] = "x", s = "1", b = false, f = print, u = io.stdout },
      core.tidy(value))
  end)

  it("changes the table it gets, and returns it", function()
    local value = { a = cjson.null }
    assert.are.equal(value, core.tidy(value, "more"))
    assert.is_nil(value.a)
  end)

  it("does not ask metatables", function()
    local value = setmetatable({ a = cjson.null }, {
      __index = error, __newindex = error, __pairs = error, __len = error })
    assert.are.equal(value, core.tidy(value))
    assert.is_nil(next(value))
  end)

  it("goes a hundred tables deep, and no deeper", function()
    assert.is_table(core.tidy(nested(100)))
    assert.error_matches(function() core.tidy(nested(101)) end, "nested deeper than 100")
    assert.error_matches(function() core.tidy(nested(10000)) end, "nested deeper than 100")
    local cycle = {}
    cycle.cycle = cycle
    assert.error_matches(function() core.tidy(cycle) end, "nested deeper than 100")
  end)

  it("goes as deep in a coroutine with a stack that is nearly full", function()
    local function below(depth)
      if depth == 0 then return core.tidy(nested(100)) end
      return (below(depth - 1))
    end
    local ok, value = coroutine.resume(coroutine.create(below), 150)
    assert.is_true(ok)
    assert.is_table(value)
  end)

  it("takes tables only", function()
    for _, value in ipairs { "text", 1, true, print, cjson.null } do
      assert.error_matches(function() core.tidy(value) end, "table expected")
    end
    assert.error_matches(core.tidy, "table expected")
  end)
end)
