-- Tests the service's clock, derived from its answers.

local clients = require "mde.client"
local clocks = require "mde.simulator.clock"
local service_clock = require "mde.service.clock"
local settings = require "mde.config.options"
local world = require "spec.support.world"

local DATE = "Fri, 23 Jan 2026 20:00:00 GMT"  -- when the virtual clock begins

-- A client whose machine's clock is `skew` seconds ahead of the service's.
local function new(skew)
  local _, service, clock, engine = world.new()
  local own = { monotonic = clock.monotonic, boot = clock.boot,
                wall = function() return clock.wall() + skew end }
  return clients.new(assert(settings.read({ tenant = service.tenant,
    client_id = service.client_id, client_secret = service.client_secret }, function() end)), {
    engine = engine, clock = own, host = require "mde.host.plain",
    random = function() return 0.5 end,
  }), service
end

describe("the service's clock", function()
  it("is this machine's until an answer differs", function()
    local clock = clocks.new()
    local service = service_clock.new(clock)
    assert.equal(clock.wall(), service.wall())
    service.read({ headers = {} }, clock.monotonic())
    service.read({ headers = { date = DATE } }, clock.monotonic())
    assert.equal(clock.wall(), service.wall())
    clock.set(clock.wall() - 300)
    assert.equal(clock.wall() + 300.5, service.wall())
    clock.advance(10)
    assert.equal(clock.wall() + 300.5, service.wall())
  end)

  for _, skew in ipairs { -300, 300, 0 } do
    it(("counts ages where this machine's is %d s ahead"):format(skew), function()
      local client, service = new(skew)
      local old = service:add { age = 700 }
      local young = service:add { age = 500 }
      local found = assert(client:list { older_than = "10m" })
      assert.same({ 1, old }, { #found, found[1] and found[1].id })
      assert.is_true(math.abs(found[1]:age() - 700) < 3, found[1]:age())
      assert.equal(skew == 0 and 1 or 2, service:requests "list")
      found = assert(client:list { newer_than = "10m" })
      assert.same({ 1, young }, { #found, found[1] and found[1].id })
      assert.equal(skew == 0 and 2 or 3, service:requests "list")
    end)
  end
end)
