-- Each example runs.

local settings = require "mde.config.options"
local program = require "spec.support.program"

local function example(name, ...)
  local words = { program.path, "sim", ... }
  words[#words + 1] = program.examples .. "/" .. name
  for i, word in ipairs(words) do words[i] = program.quote(word) end
  return "exec " .. table.concat(words, " ")
end

describe("the examples", function()
  it("rehearse an incident, and notice when it is not as it must be", function()
    local run = program.sh(example "demo")
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find("312 of 312 cancelled, 49 others unchanged", 1, true), run.out)
    assert.truthy(run.err:find("Report: mde batch report", 1, true))
    run = program.rehearse("{ mistaken = 101, quota = false, oddities = { cancel_takes = 9e9 } }",
      "exec " .. program.quote(program.examples .. "/demo"))
    assert.equal(1, run.status)
    assert.truthy(run.err:find("demo: not all 101 were cancelled", 1, true), run.err)
  end)

  it("of nginx pass on each variable that a client reads", function()
    local file = assert(io.open(program.examples .. "/openresty/nginx.conf"))
    local text = file:read "a"
    file:close()
    local certificate = { AZURE_TENANT_ID = "contoso.com",
      AZURE_CLIENT_ID = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587",
      AZURE_CLIENT_CERTIFICATE_PATH = program.support .. "/certificates/leaf.pem" }
    for _, environment in ipairs { {}, certificate, { IDENTITY_ENDPOINT = "x" } } do
      settings.read({}, function(name)
        assert(text:find("\nenv " .. name .. ";", 1, true), name .. " is not in nginx.conf")
        return environment[name]
      end)
    end
  end)
end)
