-- The simulated administrator who works in the portal.

local colleagues = require "mde.simulator.colleague"
local random = require "mde.simulator.random"
local sim = require "spec.support.sim"

describe("the colleague", function()
  it("releases isolated machines, one each turn, and isolates one each third turn", function()
    local _, service, clock = sim.new()
    local machines = {}
    for i = 1, 4 do
      machines[i] = { machine_id = ("%040x"):format(i), dns_name = "m" .. i }
      service:add { type = "Isolate", status = "Succeeded", created = service:now() - 60,
                    machine_id = machines[i].machine_id }
    end
    local meanwhile = colleagues.new(machines, 4, 10, random.new(1))
    meanwhile(service)
    local function count(type_name)
      local number = 0
      for _, machine in ipairs(machines) do
        for _, action in ipairs(service:on_machine(machine.machine_id)) do
          if action.type == type_name and action.requestor == colleagues.name then
            number = number + 1
          end
        end
      end
      return number
    end
    assert.equal(0, count "Unisolate")
    clock.advance(20)
    meanwhile(service)
    assert.same({ 2, 0 }, { count "Unisolate", count "Isolate" })
    clock.advance(10)
    meanwhile(service)
    assert.same({ 2, 1 }, { count "Unisolate", count "Isolate" })
  end)
end)
