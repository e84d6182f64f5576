-- mde logout, against the simulator.

local program = require "spec.support.program"

describe("mde logout", function()
  it("has nothing to forget before a sign-in", function()
    local run = program.rehearse("{ mistaken = 3, history = 0 }",
      "unset AZURE_CLIENT_SECRET; $mde logout --json && $mde logout")
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find('"forgotten":false', 1, true), run.out)
    assert.equal(0, run.ledger.requests)
  end)

  it("forgets a cached token of an application, and names the way that remains", function()
    local run = program.rehearse("{ mistaken = 3, history = 0 }",
      "$mde list --ids >/dev/null && $mde logout")
    assert.equal(0, run.status, run.err)
    assert.truthy(run.err:find("client secret", 1, true), run.err)
  end)
end)
