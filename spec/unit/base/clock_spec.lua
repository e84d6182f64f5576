-- The machine's clock.

local clock = require "mde.base.clock".system

describe("the machine's clock", function()
  it("never steps back", function()
    local last = clock.monotonic()
    for _ = 1, 1000 do
      local now = clock.monotonic()
      assert.is_true(now >= last)
      last = now
    end
  end)

  it("has the time of day, in seconds since 1970", function()
    assert.is_true(math.abs(clock.wall() - os.time()) <= 2)
  end)
end)
