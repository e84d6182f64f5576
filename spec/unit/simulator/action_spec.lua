-- The course of a simulated action.

local actions = require "mde.simulator.action"
local cjson = require "cjson"
local random = require "mde.simulator.random"

local AT = 1769198400

local function new(description)
  description.created = AT
  return actions.new(description, random.new(1))
end

describe("a simulated action", function()
  it("takes its steps by itself", function()
    local action = new { steps = { { 10, "InProgress" }, { 60, "Succeeded" } } }
    assert.same({ "Pending", AT }, { action:status_at(AT + 9) })
    assert.same({ "InProgress", AT + 10 }, { action:status_at(AT + 10) })
    assert.is_false(action:is_final(AT + 59))
    assert.is_true(action:is_final(AT + 60))
  end)

  it("is cancelled after the delay, unless it has ended by then", function()
    local action = new { steps = { { 60, "Succeeded" } } }
    assert.is_true(action:cancel(AT + 5, 10, "app", "x"))
    assert.equal("Pending", (action:status_at(AT + 14)))
    assert.equal("Cancelled", (action:status_at(AT + 15)))
    local late = new { steps = { { 60, "Succeeded" } } }
    assert.is_false(late:cancel(AT + 55, 10, "app", "x"))
    assert.equal("Succeeded", (late:status_at(AT + 65)))
  end)

  it("shows null, or the given value", function()
    local shown = cjson.decode(new({ scope = "Full", external_id = "e" }):json(AT))
    assert.same({ "Full", "e", cjson.null, "2026-01-23T20:00:00Z" },
      { shown.scope, shown.externalId, shown.cancellationRequestor, shown.creationDateTimeUtc })
    assert.same({ "Isolate", "Pending" }, { shown.type, shown.status })
  end)

  it("lacks its machine at first, if it is a live response", function()
    local action = new { type = "LiveResponse", machine_id = "m", dns_name = "n", fills = 5 }
    assert.same({ false, false }, { action:machine(AT + 4) })
    assert.same({ "m", "n" }, { action:machine(AT + 5) })
  end)

  it("shows the status of its commands", function()
    local action = new { type = "LiveResponse", steps = { { 1, "InProgress" }, { 9, "Failed" } },
                         commands = { { type = "GetFile", params = {} } } }
    assert.equal("Created", cjson.decode(action:json(AT + 2)).commands[1].commandStatus)
    local failed = cjson.decode(action:json(AT + 9)).commands[1]
    assert.same({ "Failed", 1 }, { failed.commandStatus, #failed.errors })
  end)
end)
