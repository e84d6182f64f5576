-- A machine as the simulator keeps it.

local machines = require "mde.simulator.machine"
local random = require "mde.simulator.random"

local NOW = 1769198400

local function new(description)
  description.lastSeen = description.lastSeen or NOW
  return machines.new(description, random.new(1))
end

describe("a machine of the simulator", function()
  it("changes its tags, and reports if that changed anything", function()
    local machine = new { machineTags = { "a" } }
    assert.is_false(machine:tag("a", "Add"))
    assert.is_true(machine:tag("b", "Add"))
    assert.is_true(machine:tag("a", "Remove"))
    assert.is_false(machine:tag("a", "Remove"))
    assert.same({ "b" }, machine.machineTags)
  end)

  it("finds tags by their whole text or their beginning", function()
    local machine = new { machineTags = { "site-ber" } }
    assert.equal(1, machine:has_tag "site-ber")
    assert.is_nil(machine:has_tag "site")
    assert.is_true(machine:has_tag_like "site")
    assert.is_false(machine:has_tag_like "ber")
  end)

  it("was seen with an address near a moment", function()
    local machine = new { lastIpAddress = "10.0.0.1",
                          sightings = { { at = NOW - 1000, ip = "10.0.0.2" } } }
    assert.is_true(machine:seen_with("10.0.0.1", NOW + 900, 900))
    assert.is_false(machine:seen_with("10.0.0.1", NOW + 901, 900))
    assert.is_true(machine:seen_with("10.0.0.2", NOW - 100, 900))
    assert.is_false(machine:seen_with("10.0.0.2", NOW, 900))
  end)
end)
