-- The order in which calls take slots.

local turns = require "mde.call.turns"

describe("mde.call.turns", function()
  local shares

  before_each(function() shares = turns.new() end)

  it("keeps nothing for processes that do not wait", function()
    shares:take("b", 0)
    assert.equal(0, shares:ahead("a", 1, 0))
  end)

  it("puts the process that waited longer first", function()
    shares:wait("a", 1)
    shares:wait("b", 2)
    assert.same({ 0, 1, 2 }, { shares:ahead("a", 3), shares:ahead("b", 3), shares:ahead("c", 3) })
  end)

  it("keeps for each waiting process as many slots as the other took more", function()
    for _ = 1, 5 do shares:take("a", 0) end
    shares:take("b", 0)
    shares:wait("a", 1)
    shares:wait("b", 2)
    assert.same({ 4, 0 }, { shares:ahead("a", 3), shares:ahead("b", 3) })
  end)

  it("forgets slots that were taken two minutes ago", function()
    for _ = 1, 5 do shares:take("a", 0) end
    shares:wait("a", 100)
    shares:wait("b", 110)
    assert.equal(5, shares:ahead("a", 119))
    assert.equal(0, shares:ahead("a", 121))
  end)

  it("ends a wait when the process takes a slot", function()
    shares:wait("b", 1)
    assert.is_true(shares:is_waiting "b")
    shares:take("b", 2)
    assert.is_false(shares:is_waiting "b")
    assert.equal(0, shares:ahead("a", 3))
  end)

  it("passes over a process that leaves a free slot for three seconds", function()
    shares:wait("b", 1)
    assert.same({ 1, 1, 0 }, { shares:ahead("a", 100), shares:ahead("a", 103, 100),
                               shares:ahead("a", 103.1, 100) })
    assert.is_false(shares:is_waiting "b")
  end)
end)
