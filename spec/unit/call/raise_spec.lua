-- An error that a hook raises at any instruction of a call leaves nothing in the engine.

local interrupt = require "spec.support.interrupt"
local ledgers = require "mde.simulator.ledger"
local world = require "spec.support.world"

local RAISES = tonumber(os.getenv "RAISES") or 1500

describe("errors raised at any instruction", function()
  if rawget(_G, "jit") then return pending "compiled code runs no hooks" end

  it("leave no request in the engine, and memory as it is", function()
    local client, service, clock, engine = world.new({ quota = false }, { quota = false })
    local ids = world.add(service, 3)
    local calls = {
      { client.cancel, ids[1], { comment = "x" } },
      { client.cancel_all, ids, { comment = "x", parallel = 2 } },
      { client.action, ids[1] },
      { client.list, { limit = 2 } },
    }
    local raises, before = 0, nil
    while raises < RAISES do
      service.ledger = ledgers.new()  -- it would remember each request
      local call = calls[math.random(#calls)]
      if interrupt(math.random(12000), call[1], client, call[2], call[3]) then
        raises = raises + 1
        if raises == math.floor(RAISES / 3) then
          collectgarbage()
          before = collectgarbage "count"
        end
      end
    end
    assert(client:action(ids[1]))
    for _ = 1, 10 do
      clock.advance(200)
      client:step()
    end
    assert.equal(0, #client.scheduler.tasks)
    assert.same({ {}, {} }, { engine.flights, engine.landed })
    collectgarbage()
    local grown = collectgarbage "count" - before
    assert.is_true(grown < 1024,  -- a table of the simulator may have doubled
      ("%.0f KiB more"):format(grown))
  end)
end)
