-- Tests decoding of JSON.

local cjson = require "cjson"
local json = require "mde.service.json"
local samples = require "spec.support.samples"

describe("decoding", function()
  it("returns an object or array", function()
    assert.same({ a = { "b", true } }, (json.decode ' \n{"a": ["b", true]} '))
    assert.same({ 1, 2 }, (json.decode "[1,2]"))
    assert.same({}, (json.decode "{}"))
  end)

  it("accepts a byte order mark", function()
    assert.same({ a = 1 }, (json.decode '\239\187\191{"a":1}'))
  end)

  it("refuses text that is incomplete, not JSON, or neither object nor array", function()
    for _, text in ipairs { "", " ", "null", "1", '"x"', "true", "{", "}", '{"a"', '{"a":',
                            '{"a":1', '{"a":1,', '{"a":1,}', '{"a":1}}', '{"a":1}{', '{"a":"x',
                            '{"a":tru', "[1,", "{'a':1}", "{a:1}", '{"a":NaN}', '{"a":-Infinity}',
                            '{"a":0x10}', '{"a":"\\ud800"}', '{"a":"\0"}', '\0{"a":1}',
                            '\239\187{"a":1}', "<html></html>" } do
      local value, message = json.decode(text)
      assert.is_nil(value, text)
      assert.equal("not a JSON object", message)
    end
  end)

  it("refuses every prefix of an entity", function()
    local text = samples.read("real-liveresponse-inprogress.json"):gsub("%s+$", "")
    for length = 0, #text - 1 do
      if json.decode(text:sub(1, length)) then error("decoded a beginning: " .. length) end
    end
    assert.is_table((json.decode(text)))
  end)

  it("refuses deeper nesting than any entity has", function()
    assert.is_table((json.decode(("["):rep(64) .. ("]"):rep(64))))
    for _, depth in ipairs { 65, 1000, 1e6 } do
      assert.is_nil((json.decode(("["):rep(depth) .. ("]"):rep(depth))))
      assert.is_nil((json.decode(('{"a":'):rep(depth))))
    end
  end)

  it("makes null absent, at any depth", function()
    local value = json.decode '{"a":null,"b":{"c":null,"d":[{"e":null}]},"f":false}'
    assert.same({ b = { d = { {} } }, f = false }, value)
    assert.is_nil(next(value.b.d[1]))
  end)

  it("makes integers in Luas that have them", function()
    local value = json.decode '{"a":0,"b":-2147467259,"c":2147500037,"d":1.5,"e":[140],"f":1e300}'
    assert.same({ a = 0, b = -2147467259, c = 2147500037, d = 1.5, e = { 140 }, f = 1e300 }, value)
    assert.equal("-2147467259", tostring(value.b))
    if not math.type then return end
    assert.same({ "integer", "integer", "float", "integer", "float" },
      { math.type(value.a), math.type(value.c), math.type(value.d), math.type(value.e[1]),
        math.type(value.f) })
  end)

  it("keeps unknown keys", function()
    local value = json.decode '{"status":"Paused","newKey":{"x":["ü","\\u0000"]}}'
    assert.same({ status = "Paused", newKey = { x = { "ü", "\0" } } }, value)
  end)

  it("is not affected by other users of cjson", function()
    cjson.decode_max_depth(3)
    cjson.decode_invalid_numbers(true)
    local deep, invalid = json.decode "[[[[1]]]]", json.decode "[NaN]"
    cjson.decode_max_depth(1000)
    assert.is_table(deep)
    assert.is_nil(invalid)
  end)
end)
