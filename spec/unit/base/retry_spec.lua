-- Tests pauses between attempts, and transient failures.

local random_numbers = require "mde.simulator.random"
local retry = require "mde.base.retry"

describe("a pause between attempts", function()
  it("doubles from a second to half a minute", function()
    local longest = {}
    for attempt = 1, 8 do longest[attempt] = retry.delay(attempt, function() return 1 end) end
    assert.same({ 1, 2, 4, 8, 16, 30, 30, 30 }, longest)
    assert.equal(30, retry.delay(5000, function() return 1 end))
  end)

  it("is spread over its upper half", function()
    local random, least, most = random_numbers.new(1), math.huge, 0
    for _ = 1, 1000 do
      local pause = retry.delay(3, random)
      least, most = math.min(least, pause), math.max(most, pause)
    end
    assert.is_true(least >= 2 and least < 2.1)
    assert.is_true(most <= 4 and most > 3.9)
  end)
end)

describe("a transient failure", function()
  it("is recognized by its status", function()
    local transient = {}
    for status = 100, 599 do
      if retry.is_transient(status) then transient[#transient + 1] = status end
    end
    assert.same({ 408, 500, 502, 503, 504 }, transient)
  end)
end)
