-- Decoding of JSON in C, compared with lua-cjson.

local cjson = require "cjson.safe"
local core = require "mde.core"
local samples = require "spec.support.samples"

local decoder = cjson.new()
decoder.decode_max_depth(64)
decoder.decode_invalid_numbers(false)

-- The subtype of a number, where Lua has them.
local kind = math.type or function(number) return number % 1 == 0 and "integer" or "float" end

-- Makes null absent, and whole numbers integers.
local function tidied(value)
  if value == cjson.null then return nil end
  if type(value) == "number" then return math.tointeger and math.tointeger(value) or value end
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, element in pairs(value) do copy[key] = tidied(element) end
  return copy
end

-- As lua-cjson decodes an object or array | nil
local function expected(text)
  local value = decoder.decode(text)
  return type(value) == "table" and tidied(value) or nil
end

local function check(text)
  local value = core.decode_json(text)
  if value == nil and expected(text) == nil then return false end
  assert.same(expected(text), value, text)
  return true
end

local ENTITIES = { "real-liveresponse-inprogress.json", "list-machine-actions-example1.json" }

describe("core.decode_json", function()
  it("decodes entities as lua-cjson does", function()
    for _, name in ipairs(ENTITIES) do assert.is_true(check(samples.read(name))) end
  end)

  it("accepts and refuses changed entities as lua-cjson does", function()
    local marks, text = '{}[]",:\\\0 \n019.-+eEtfnu/"a\255', samples.read(ENTITIES[1])
    local seed = 1
    local function draw(most)
      seed = (seed * 16807) % 2147483647
      return seed % most + 1
    end
    local taken = 0
    for _ = 1, 5000 do
      local at, mark = draw(#text), draw(#marks)
      local changed = text:sub(1, at - 1) .. marks:sub(mark, mark) .. text:sub(at + draw(3) - 1)
      taken = taken + (check(changed) and 1 or 0)
    end
    assert.is_true(taken > 500 and taken < 4500)
  end)

  it("decodes every kind of number as lua-cjson does", function()
    for _, text in ipairs { "0", "-0", "1", "-1", "10", "01", "-01", "00", "-", "+1", ".5", "1.x",
                            "1.5", "-1.25e2", "1e3", "1E+3", "1e-3", "1e", "1e+", "0x10",
                            "2147483648", "9007199254740992", "123456789012345", "1234567890123456",
                            "12345678901234567890", "1e300", "0.1", "1 2", "--1", "1-", "inf" } do
      check("[" .. text .. "]")
    end
    assert.is_nil((core.decode_json "[1.]"))  -- lua-cjson takes it
    local value = core.decode_json "[0, 1, -1, 1e3, 2147483648, 9007199254740992, -0]"
    for i = 1, #value do assert.are.equal("integer", kind(value[i])) end
    assert.are.equal("float", kind(core.decode_json("[0.5]")[1]))
  end)

  it("decodes escapes as lua-cjson does", function()
    for _, text in ipairs { [["\"\\\/\b\f\n\r\t"]], [["a\u0041\u00e9\u20AC\ud83d\ude00z"]],
                            [["\ud83d"]], [["\ud83dx"]], [["\ud83d\u0041"]], [["\ude00"]],
                            [["\u00g0"]], [["\u12"]], [["\x"]], [["\]], [["\u0000"]],
                            '"a\tb"', '"\255\254"', [["\\"]], [["\\\\\""]] } do
      check("[" .. text .. "]")
      check('{"key":' .. text .. "}")
    end
    check [[{"\u0069d":1}]]
    assert.same({ ("x"):rep(5000) .. "\n" .. ("y"):rep(5000) },
      (core.decode_json('["' .. ("x"):rep(5000) .. "\\n" .. ("y"):rep(5000) .. '"]')))
  end)

  it("takes the last value of a repeated key", function()
    assert.same({ a = 2 }, (core.decode_json '{"a":1,"a":2}'))
    assert.same({}, (core.decode_json '{"a":1,"a":null}'))
    assert.same({ a = 1 }, (core.decode_json '{"a":null,"a":1}'))
  end)

  it("leaves the places of nulls in a list empty", function()
    local list = core.decode_json "[null, 2, null]"
    assert.are.same({ [2] = 2 }, list)
  end)

  it("reports a link to a next page, and only at the top", function()
    local function is_linked(text) return (select(2, core.decode_json(text))) end
    assert.is_true(is_linked '{"@odata.nextLink":"x"}')
    assert.is_true(is_linked '{"@odata.nextLink":null,"value":[]}')
    assert.is_false(is_linked '{"value":[{"@odata.nextLink":null}]}')
    assert.is_false(is_linked '["@odata.nextLink"]')
  end)

  it("decodes in a coroutine with a stack that is nearly full", function()
    local function below(depth)
      if depth == 0 then return core.decode_json(('{"a":'):rep(63) .. "[]" .. ("}"):rep(63)) end
      return (below(depth - 1))
    end
    local ok, value = coroutine.resume(coroutine.create(below), 150)
    assert.is_true(ok)
    assert.is_table(value)
  end)

  it("takes strings only", function()
    assert.error_matches(function() core.decode_json {} end, "string expected")
    assert.error_matches(core.decode_json, "string expected")
  end)
end)
