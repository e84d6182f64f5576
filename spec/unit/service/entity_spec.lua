-- Tests decoding of JSON, and machine actions.

local cjson = require "cjson"
local clocks = require "mde.simulator.clock"
local entity = require "mde.service.entity"
local samples = require "spec.support.samples"

local function sample(name)
  return assert(entity.decode(samples.read(name)))
end

describe("decoding", function()
  it("returns an object or array", function()
    assert.same({ a = { "b", true } }, (entity.decode ' \n{"a": ["b", true]} '))
    assert.same({ 1, 2 }, (entity.decode "[1,2]"))
    assert.same({}, (entity.decode "{}"))
  end)

  it("accepts a byte order mark", function()
    assert.same({ a = 1 }, (entity.decode '\239\187\191{"a":1}'))
  end)

  it("refuses text that is incomplete, not JSON, or neither object nor array", function()
    for _, text in ipairs { "", " ", "null", "1", '"x"', "true", "{", "}", '{"a"', '{"a":',
                            '{"a":1', '{"a":1,', '{"a":1,}', '{"a":1}}', '{"a":1}{', '{"a":"x',
                            '{"a":tru', "[1,", "{'a':1}", "{a:1}", '{"a":NaN}', '{"a":-Infinity}',
                            '{"a":0x10}', '{"a":"\\ud800"}', '{"a":"\0"}', '\0{"a":1}',
                            '\239\187{"a":1}', "<html></html>" } do
      local value, message = entity.decode(text)
      assert.is_nil(value, text)
      assert.equal("not a JSON object", message)
    end
  end)

  it("refuses every prefix of an entity", function()
    local text = samples.read("real-liveresponse-inprogress.json"):gsub("%s+$", "")
    for length = 0, #text - 1 do
      if entity.decode(text:sub(1, length)) then error("decoded a beginning: " .. length) end
    end
    assert.is_table((entity.decode(text)))
  end)

  it("refuses deeper nesting than any entity has", function()
    assert.is_table((entity.decode(("["):rep(64) .. ("]"):rep(64))))
    for _, depth in ipairs { 65, 1000, 1e6 } do
      assert.is_nil((entity.decode(("["):rep(depth) .. ("]"):rep(depth))))
      assert.is_nil((entity.decode(('{"a":'):rep(depth))))
    end
  end)

  it("makes null absent, at any depth", function()
    local value = entity.decode '{"a":null,"b":{"c":null,"d":[{"e":null}]},"f":false}'
    assert.same({ b = { d = { {} } }, f = false }, value)
    assert.is_nil(next(value.b.d[1]))
  end)

  it("makes integers in Luas that have them", function()
    local value = entity.decode '{"a":0,"b":-2147467259,"c":2147500037,"d":1.5,"e":[140],"f":1e300}'
    assert.same({ a = 0, b = -2147467259, c = 2147500037, d = 1.5, e = { 140 }, f = 1e300 }, value)
    assert.equal("-2147467259", tostring(value.b))
    if not math.type then return end
    assert.same({ "integer", "integer", "float", "integer", "float" },
      { math.type(value.a), math.type(value.c), math.type(value.d), math.type(value.e[1]),
        math.type(value.f) })
  end)

  it("keeps unknown keys", function()
    local value = entity.decode '{"status":"Paused","newKey":{"x":["ü","\\u0000"]}}'
    assert.same({ status = "Paused", newKey = { x = { "ü", "\0" } } }, value)
  end)

  it("is not affected by other users of cjson", function()
    cjson.decode_max_depth(3)
    cjson.decode_invalid_numbers(true)
    local deep, invalid = entity.decode "[[[[1]]]]", entity.decode "[NaN]"
    cjson.decode_max_depth(1000)
    assert.is_table(deep)
    assert.is_nil(invalid)
  end)
end)

describe("an action", function()
  local clock = clocks.new(1769199040)  -- 2026-01-23T20:10:40Z
  local read = entity.reader(clock)

  it("is a table with the service's keys", function()
    local action = read(sample "real-isolate-created-2026.json")
    local keys = {}
    for key in pairs(action) do keys[#keys + 1] = key end
    table.sort(keys)
    assert.same({ "@odata.context", "commands", "computerDnsName", "creationDateTimeUtc",
      "errorHResult", "id", "lastUpdateDateTimeUtc", "machineId", "requestSource", "requestor",
      "requestorComment", "status", "type" }, keys)
    assert.equal("Isolate", action.type)
    assert.equal(0, action.errorHResult)
    assert.same({}, action.commands)
  end)

  it("is the table that was decoded", function()
    local fields = { id = "x", status = "Pending" }
    assert.equal(fields, read(fields))
  end)

  it("has its last update under the service's key, for both spellings", function()
    local action = read(sample("list-machine-actions-example1.json").value[1])
    assert.equal("2018-12-04T12:45:25.4049122Z", action.lastUpdateDateTimeUtc)
    assert.is_nil(action.lastUpdateTimeUtc)
    action = read { lastUpdateTimeUtc = "documented", lastUpdateDateTimeUtc = "real" }
    assert.equal("real", action.lastUpdateDateTimeUtc)
    assert.is_nil(action.lastUpdateTimeUtc)
    action = read { externalID = "17" }
    assert.equal("17", action.externalId)
    assert.is_nil(action.externalID)
    assert.equal("18", read({ externalId = "18", externalID = "17" }).externalId)
  end)

  it("has an age by the reader's clock", function()
    local action = read { creationDateTimeUtc = "2026-01-23T20:10:39.5Z" }
    assert.equal(0.5, action:age())
    clock.advance(60)
    assert.equal(60.5, action:age())
    assert.equal(-60, read({ creationDateTimeUtc = "2026-01-23T20:12:40Z" }):age())
  end)

  it("has no age without a creation date", function()
    for _, date in ipairs { "", "yesterday", "2026-01-23T20:10:40", 1769199040, true, {} } do
      assert.is_nil(read({ creationDateTimeUtc = date }):age())
    end
    assert.is_nil(read({}):age())
  end)

  it("is final in four states", function()
    for _, status in ipairs { "Succeeded", "Failed", "TimeOut", "Cancelled" } do
      assert.is_true(read({ status = status }):is_final(), status)
    end
    for _, status in ipairs { "Pending", "InProgress", "Timeout", "Canceled", "", true, 0 / 0,
                              {} } do
      assert.is_false(read({ status = status }):is_final())
    end
    assert.is_false(read({}):is_final())
  end)

  it("is the same JSON again", function()
    local action = read(entity.decode '{"id":"x","errorHResult":0,"status":"Pending"}')
    assert.same({ id = "x", errorHResult = 0, status = "Pending" },
      cjson.decode(cjson.encode(action)))
  end)
end)
