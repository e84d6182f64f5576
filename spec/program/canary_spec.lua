-- Batches that stop before they do harm, with the program.

local program = require "spec.support.program"

local CANCEL = "exec $mde sim --scenario forbidden mde cancel --requestor soar@contoso.com -m x"

describe("mde cancel without the permission for half of the machines", function()
  it("asks at a terminal after the first ten", function()
    local run = program.at_terminal(100, { "[y/N]", "y^M", "Continue? [y/N]", "n^M" }, "sh", "-c",
      CANCEL)
    assert.equal(3, run.status, run.out)
    assert.truthy(run.out:find("4 of 10 ended forbidden. Continue? [y/N]", 1, true), run.out)
    assert.truthy(run.out:find "`mde resume [%d%.-]+` continues it", run.out)
  end)

  it("stops if it is unattended", function()
    local run = program.sh(CANCEL .. " --yes --max 400")
    assert.equal(3, run.status, run.err)
    assert.truthy(run.err:find("Stopped: canary: 4 of 10 ended forbidden.", 1, true), run.err)
  end)
end)
