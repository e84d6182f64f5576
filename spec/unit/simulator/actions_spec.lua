-- The simulated operations on machine actions.

local sim = require "spec.support.sim"

describe("a simulated link", function()
  it("to a package exists once the collection succeeded", function()
    local asker, service, clock = sim.new()
    local id = service:add { type = "CollectInvestigationPackage", created = service:now(),
                             steps = { { 30, "Succeeded" } } }
    local path = "/api/machineactions/" .. id .. "/getPackageUri"
    assert.equal(404, (asker:ask("GET", path)))
    clock.advance(30)
    local status, body = asker:ask("GET", path)
    assert.equal(200, status)
    assert.matches('^"https://.*"$', body.value)
  end)

  it("does not exist for other types of action", function()
    local asker, service = sim.new()
    local id = service:add { type = "Isolate", status = "Succeeded" }
    assert.equal(404, (asker:ask("GET", "/api/machineactions/" .. id .. "/getPackageUri")))
  end)
end)

describe("a simulated cancel of an ended action", function()
  for as, expected in pairs { [200] = 200, [400] = 400, [404] = 404 } do
    it("is answered with " .. expected .. " if the service is set so", function()
      local asker, service = sim.new { oddities = { final_as = as } }
      assert.equal(expected, (asker:cancel(service:add { status = "Succeeded" })))
    end)
  end
end)
