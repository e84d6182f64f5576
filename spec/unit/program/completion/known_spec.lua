-- Open actions, profiles and batches for completions.

require "spec.support.policy"
local known = require "mde.program.completion.known"
local system = require "mde.program.system"
local systems = require "spec.support.system"

local ACTIONS = {
  { id = "5382f7ea-7557-4ab7-9782-d50480024a4e", type = "Isolate", status = "Pending",
    computerDnsName = "srv-1", requestor = "soar" },
  { id = "6382f7ea-7557-4ab7-9782-d50480024a4e", type = "Isolate", status = "Pending",
    computerDnsName = "srv-1", requestor = "soar" },
}

-- Calls f(service) in a program with a service; service.calls counts its lists.
local function with_service(f)
  local service, text = { calls = 0, actions = ACTIONS }, nil
  local own
  service.environment = { HOME = "/nonexistent", MDE_STORE = "memory", MDE_TOKEN = "x" }
  own = systems.new(service.environment, {
    file = { text = function() return text end,
             replace = function(_, new) text = new; return true end,
             boot = function() return "boot" end },
    mde = { client = function()
      return { clock = own.clock, close = function() end, list = function(self)
        service.calls, service.ends_at = service.calls + 1, self.ends_at
        return service.actions, service.err
      end }
    end },
  })
  service.clock = own.clock
  system.run(own, f, service)
end

describe("open actions for completions", function()
  it("are read once a minute, in at most two seconds", function()
    with_service(function(service)
      assert.same({ { "5382f7ea", "Isolate Pending srv-1" },
                    { "6382f7ea", "Isolate Pending srv-1" } }, known.actions {})
      assert.equal(service.clock.monotonic() + 2, service.ends_at)
      assert.same({ { "srv-1" } }, known.machines {})
      assert.same({ { "soar" } }, known.requestors {})
      assert.equal(1, service.calls)
      service.environment.MDE_TOKEN = "of another tenant"
      known.actions {}
      assert.equal(2, service.calls)
    end)
  end)

  it("have whole ids with --yes", function()
    with_service(function()
      assert.equal(ACTIONS[1].id, known.actions({ yes = true })[1][1])
    end)
  end)

  it("are none if the service fails, which is asked again after a minute", function()
    with_service(function(service)
      service.actions, service.err = nil, "down"
      assert.same({}, known.actions {})
      assert.same({}, known.actions {})
      assert.equal(1, service.calls)
    end)
  end)
end)
