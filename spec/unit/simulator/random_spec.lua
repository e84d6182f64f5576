-- The simulator's random numbers.

describe("the random numbers", function()
  local random = require "mde.simulator.random"

  it("are the same for the same seed, in every Lua", function()
    local a, b, c = random.new(42), random.new(42), random.new(43)
    local first = a(1000000)
    assert.equal(first, b(1000000))
    assert.not_equal(first, c(1000000))
    assert.equal("bcc9167d-c880-4382-bbe6-948d2928cf7f", random.guid(random.new(1)))
  end)

  it("stay within their bounds and cover them", function()
    local next_number, seen = random.new(0), {}
    for _ = 1, 1000 do
      local number = next_number(6)
      seen[number] = true
      local fraction = next_number()
      assert.is_true(fraction >= 0 and fraction < 1)
    end
    assert.same({ true, true, true, true, true, true }, seen)
  end)
end)
