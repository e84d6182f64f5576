-- The commands of the guide, against the simulator.

local program = require "spec.support.program"

local function read()
  local file = assert(io.open "doc/guide.md")
  local text = file:read "a"
  file:close()
  return text
end

-- The blocks of a language, in order.
local function blocks(language)
  local list = {}
  for body in read():gmatch("\n```" .. language .. "\n(.-)\n```") do list[#list + 1] = body end
  return list
end

describe("the guide", function()
  it("runs in the simulator, block after block", function()
    local script = { "set -e" }
    for _, body in ipairs(blocks "lua") do
      if body:find "^return" then
        script[#script + 1] = "cat >stale.lua <<'LUA'\n" .. body .. "\nLUA"
      end
    end
    for _, body in ipairs(blocks "sh") do
      if not body:find "^# a tenant" then script[#script + 1] = body end
    end
    local run = program.sh("exec $mde sim --quota off sh -c "
      .. program.quote(table.concat(script, "\n")))
    assert.equal(0, run.status, run.out .. run.err)
    for _, part in ipairs { "\n312\n", "Batch misfire", "2 kept.",
                            "23 of 23 actions", '"approved":true' } do
      local all = run.out .. run.err
      assert(all:find(part, 1, true), part .. " is not in:\n" .. all)
    end
  end)

  it("has Lua for the prompt that works there", function()
    for _, body in ipairs(blocks "lua") do
      if not body:find "^return" then
        local run = program.sh("exec $mde repl --sim", body .. "\n")
        assert.equal(0, run.status)
        assert.truthy(run.out:find("\nstatus: Cancelled\n", 1, true), run.out .. run.err)
      end
    end
  end)

  it("tells of what the program says when something is wrong", function()
    local said = 0
    for phrase in read():gmatch "\n| `([%l ]+)`" do
      said = said + 1
      assert(os.execute("grep -rqF " .. program.quote(phrase) .. " lua/mde"), phrase)
    end
    assert.equal(5, said)
  end)
end)
