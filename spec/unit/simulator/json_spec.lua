-- JSON as the service writes it.

local json = require "mde.simulator.json"

describe("JSON of the service", function()
  it("has dates of up to seven digits of a second", function()
    assert.equal("2026-01-23T20:00:00Z", json.stamp(1769198400))
    assert.equal("2026-01-23T20:00:00.25Z", json.stamp(1769198400.25))
    assert.equal("2026-01-23T20:00:01Z", json.stamp(1769198400.99999999))
  end)

  it("has null for an absent value, and keeps the order of keys", function()
    assert.equal('{"@odata.context":"c","b":null,"a":[1,2]}',
      json.object({ "b", json.value(false), "a", json.array { 1, 2 } }, "c"))
    assert.equal("[]", json.array {})
    assert.equal("{}", json.object {})
  end)
end)
