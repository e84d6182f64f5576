-- The environment variables of mde.

require "spec.support.policy"
local failure = require "mde.program.exit"
local system = require "mde.program.system"
local systems = require "spec.support.system"
local variables = require "mde.program.session.variables"

local function cloud(environment, options, profile)
  return system.run(systems.new(environment), variables.cloud, options, profile)
end

describe("a variable", function()
  it("that mde does not read is mentioned, with a similar one", function()
    local own = systems.new({}, { process = { variables = function()
      return { "MDE_TOKEN", "MDE_PROFLE", "MDE_ZZZZZZZZZZ" }
    end } })
    system.run(own, variables.check)
    assert.equal("mde reads no variable MDE_PROFLE; did you mean MDE_PROFILE?\n"
      .. "mde reads no variable MDE_ZZZZZZZZZZ.\n", own.stderr.text)
  end)
end)

describe("the cloud", function()
  it("is that of --cloud, else MDE_CLOUD unless the address is given", function()
    assert.equal("gcc", cloud({ MDE_CLOUD = "dod" }, { cloud = "gcc" }))
    assert.equal("dod", cloud({ MDE_CLOUD = "dod" }, {}))
    assert.is_nil(cloud({ MDE_CLOUD = "dod", MDE_API_URL = "http://127.0.0.1:1" }, {}))
    assert.is_nil(cloud({ MDE_CLOUD = "dod" }, {}, { name = "contoso" }))
    assert.is_nil(cloud({}, {}))
  end)

  it("is refused if it does not exist or the profile has its own", function()
    for _, given in ipairs { { { MDE_CLOUD = "gov" }, {} }, { {}, { cloud = "gcc" }, {} } } do
      local done, raised = pcall(cloud, table.unpack(given))
      assert.same({ false, 2 }, { done, failure.status(raised) })
    end
  end)
end)
