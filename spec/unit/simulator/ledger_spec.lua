-- The simulator's record of requests.

local ledgers = require "mde.simulator.ledger"

describe("the ledger", function()
  it("counts requests, by operation and status", function()
    local ledger = ledgers.new()
    ledger:note(1, "list", 200)
    ledger:note(2, "list", 429)
    ledger:note(3, "get", 200)
    assert.same({ 3, 2, 1 },
      { ledger:requests(), ledger:requests "list", ledger:requests("list", 429) })
  end)

  it("has the number of posts of a change, and their effects", function()
    local ledger = ledgers.new()
    ledger:note(1, "cancel", 200, "a", true)
    ledger:note(2, "cancel", 400, "a")
    ledger:note(3, "isolate", 201, "m", true)
    assert.same({ 2, { true, false } }, { ledger:posted "a" })
    assert.same({ 0, {} }, { ledger:posted "b" })
    assert.same({ 1, { true } }, { ledger:launched("m", "isolate") })
  end)

  it("finds the most requests within some seconds, without those that were lost", function()
    local ledger = ledgers.new()
    for _, moment in ipairs { 0, 30, 59, 60, 61 } do ledger:note(moment, "cancel", 200) end
    ledger:note(60, "cancel", 0)
    assert.equal(4, ledger:most_within(60, "cancel"))
    assert.equal(0, ledger:most_within(60, "get"))
  end)
end)
