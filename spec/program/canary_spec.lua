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

describe("mde batch stop, while the batch asks at a terminal", function()
  it("ends the question, and nothing more is sent", function()
    local run = program.rehearse("{ mistaken = 12, history = 0 }", ([[
      TERM=xterm %s 100 "[y/N]" "y^M" -- mde isolate $(mde machines --ids --limit 4) -m x \
        --canary 2 --batch b >out & pid=$!
      wait_until 'grep -q "other 2" out'
      mde batch stop b -m "wrong list"; echo "stop $?"; wait $pid; echo "batch $?"; cat out]])
      :format(program.pty()))
    assert.truthy(run.out:find("^stop 0\nbatch 130\n"), run.out .. run.err)
    assert.truthy(run.out:find("Continue with the other 2? [y/N] \r\nStopped by ", 1, true),
      run.out)
    assert.truthy(run.err:find("Batch b has stopped: 2 of 4 done.", 1, true), run.err)
  end)
end)
