-- When a client counts as simulated.

local simulated = require "mde.program.session.simulated"
local system = require "mde.program.system"

-- The scenario of a client with an address, where the environment has `value`.
local function scenario(value, api_url)
  local given = { getenv = function(name) return name == simulated.variable and value or nil end }
  return system.run(given, simulated.scenario, { api_url = api_url })
end

describe("a client is simulated", function()
  local url = "http://127.0.0.1:4711"

  it("if it has the address of the simulator", function()
    assert.equal("outage", scenario(simulated.value("outage", url), url))
  end)

  it("not if it has another, or there is no simulator", function()
    assert.is_nil(scenario(simulated.value("outage", url), "https://api.security.microsoft.com"))
    assert.is_nil(scenario(simulated.value("outage", url), url .. "2"))
    assert.is_nil(scenario(nil, url))
    assert.is_nil(scenario("outage", url))
    assert.is_nil(scenario("outage", nil))
  end)
end)
