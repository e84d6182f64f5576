-- The machines of the simulated tenant.

local fleet = require "mde.simulator.fleet"
local random = require "mde.simulator.random"

local NOW = 1769198400

describe("the machines of a tenant", function()
  it("have distinct names, the same for the same seed", function()
    local a, b = fleet.names(random.new(3), 200), fleet.names(random.new(3), 200)
    assert.same(a, b)
    local seen = {}
    for _, machine in ipairs(a) do
      assert.is_nil(seen[machine.dns_name])
      seen[machine.dns_name] = true
    end
  end)

  it("have a short name and a whole name that two of them share each", function()
    local numbers = random.new(3)
    local names = fleet.names(numbers, 20)
    local records = fleet.records(names, numbers, NOW)
    assert.equal(22, #records)
    local function short(record) return record.computerDnsName:match "^[^.]+" end
    assert.equal(short(records[1]), short(records[21]))
    assert.not_equal(records[1].computerDnsName, records[21].computerDnsName)
    assert.equal(records[2].computerDnsName, records[22].computerDnsName)
    assert.not_equal(records[2].id, records[22].id)
  end)

  it("were seen within a day if they are active", function()
    local numbers = random.new(5)
    for _, record in ipairs(fleet.records(fleet.names(numbers, 100), numbers, NOW)) do
      local age = NOW - record.lastSeen
      assert.equal(record.healthStatus == "Active", age < 86400)
      assert.is_true(record.firstSeen < record.lastSeen)
    end
  end)
end)
