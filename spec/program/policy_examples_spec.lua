-- The examples of policies: their tests pass, and each makes a plan of the incident.

local program = require "spec.support.program"

local folder = program.examples .. "/policies"

local function names()
  local list = {}
  local pipe = assert(io.popen("ls " .. program.quote(folder)))
  for name in pipe:lines() do
    if name:find "%.lua$" and not name:find "_test%.lua$" then list[#list + 1] = name end
  end
  pipe:close()
  return list
end

describe("the examples of policies", function()
  it("pass their tests, which reach all of them", function()
    local run = program.sh(("mde test %s/*.lua"):format(program.quote(folder)))
    assert.equal(0, run.status, run.out .. run.err)
    assert.falsy(run.out:find "warning:", run.out)
    assert.falsy(run.out:find "no test reached", run.out)
    assert.truthy(#names() >= 8)
    assert.truthy(run.err:find(("%d policies"):format(#names()), 1, true), run.err)
  end)

  it("make a plan of the incident, each and all of them", function()
    local script = { "exec 2>&1" }
    for _, name in ipairs(names()) do
      script[#script + 1] = ("echo %s; mde plan %s/%s -o %s.jsonl >/dev/null || exit"):format(
        name, program.quote(folder), name, name)
    end
    script[#script + 1] = ("mde plan %s/*.lua -o all >/dev/null"):format(program.quote(folder))
    local run = program.rehearse("{ quota = false }", table.concat(script, "\n"))
    assert.equal(0, run.status, run.out)
    assert.equal(0, run.ledger.posts)
    for name, expected in pairs {
      stale_live_response = "26 cancel; no decision on 0 of 26",
      misfired_rule = "%d+ cancel, %d+ keep; no decision on 0 of 312",
      isolated_servers = "%d+ undo, %d+ keep; no decision on %d+ of",
      leaver = "%d+ cancel, %d+ keep; no decision on 0 of",
      inactive_machines = "%d+ cancel, %d+ keep; no decision on %d+ of",
      automatic_isolation = "%d+ cancel",
    } do
      assert.truthy(run.out:find(name .. "%.lua\n" .. expected), name .. "\n" .. run.out)
    end
  end)
end)
