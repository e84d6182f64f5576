-- Tests machine actions.

local cjson = require "cjson"
local clocks = require "mde.simulator.clock"
local entity = require "mde.service.entity"
local json = require "mde.service.json"
local samples = require "spec.support.samples"

local function sample(name)
  return assert(json.decode(samples.read(name)))
end

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
    local action = read(json.decode '{"id":"x","errorHResult":0,"status":"Pending"}')
    assert.same({ id = "x", errorHResult = 0, status = "Pending" },
      cjson.decode(cjson.encode(action)))
  end)
end)
