-- Tests the virtual clock and its events.

local clocks = require "mde.simulator.clock"

describe("the virtual clock", function()
  it("passes only on request, in both times", function()
    local clock = clocks.new(1769198400)
    local start = clock.monotonic()
    assert.equal(1769198400, clock.wall())
    clock.advance(90)
    assert.equal(90, clock.monotonic() - start)
    assert.equal(1769198490, clock.wall())
  end)

  it("keeps monotonic time when the wall clock is set", function()
    local clock = clocks.new()
    local start = clock.monotonic()
    clock.set(1000000000)
    assert.equal(start, clock.monotonic())
    clock.advance(5)
    assert.equal(1000000005, clock.wall())
  end)

  it("lets events happen in order, each at its moment", function()
    local clock = clocks.new()
    local start, seen = clock.monotonic(), {}
    for _, delay in ipairs { 7, 3, 9, 1, 3, 8, 2, 30 } do
      clock.at(start + delay, function()
        assert.equal(start + delay, clock.monotonic())
        seen[#seen + 1] = delay
      end)
    end
    clock.advance(10)
    assert.same({ 1, 2, 3, 3, 7, 8, 9 }, seen)
    assert.equal(start + 10, clock.monotonic())
  end)

  it("keeps the order in which events of one moment were planned", function()
    local clock, seen = clocks.new(), {}
    for i = 1, 50 do clock.at(clock.monotonic() + 1, function() seen[i] = #seen + 1 end) end
    clock.advance(1)
    for i = 1, 50 do assert.equal(i, seen[i]) end
  end)

  it("lets an event plan further events", function()
    local clock, ticks = clocks.new(), 0
    local function tick()
      ticks = ticks + 1
      clock.at(clock.monotonic() + 1, tick)
    end
    tick()
    clock.advance(10)
    assert.equal(11, ticks)
  end)

  it("passes to the next event, or for the requested time", function()
    local clock = clocks.new()
    local start, happened = clock.monotonic(), false
    clock.at(start + 4, function() happened = true end)
    assert.is_false(clock.pass(3))
    assert.equal(start + 3, clock.monotonic())
    assert.is_true(clock.pass(3))
    assert.is_true(happened)
    assert.equal(start + 4, clock.monotonic())
  end)

  it("sorts thousands of events", function()
    local clock = clocks.new()
    local random, last, count = require("mde.simulator.random").new(5), 0, 0
    for _ = 1, 3000 do
      local moment = clock.monotonic() + random(100000)
      clock.at(moment, function()
        assert.is_true(moment >= last)
        last, count = moment, count + 1
      end)
    end
    clock.advance(100000)
    assert.equal(3000, count)
  end)
end)
