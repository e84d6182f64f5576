-- Short ids of actions on the command line of mde cancel, against the simulator.

local program = require "spec.support.program"

describe("the first digits of an id", function()
  it("choose an action, which is shown and asked about", function()
    local run = program.at_terminal(160, { "[y/N] ", "y^M" }, program.path, "sim", "--quota", "off",
      "sh", "-c", [[
        id=$(mde list --requestor soar@contoso.com --limit 1 --ids 2>/dev/null)
        mde show "${id%%-*}" --json >/dev/null && mde cancel "${id%%-*}" -m x]])
    assert.equal(0, run.status, run.out)
    assert.truthy(run.out:find "%x+%-%x+%-%x+%-%x+%-%x+  Isolate Pending on [^ ]+, by soar@",
      run.out)
    assert.truthy(run.out:find("Cancel 1 machine action in ", 1, true), run.out)
    assert.truthy(run.out:find "cancelled +%x%x%x%x%x%x%x%x", run.out)
  end)

  it("show the status: a machine may be isolated only if its isolation had begun", function()
    for status, said in pairs { Pending = "^$", InProgress = "1 cancelled isolation was InProgress"
        .. " and may have taken effect; to release:\r\n   mde undo b %-m REASON\r\n" } do
      local run = program.at_terminal(160, { "[y/N] ", "y^M" }, program.path, "sim", "--scenario",
        "took-effect", "sh", "-c", ([[
          id=$(mde list --type Isolate --status %s --limit 1 --ids 2>/dev/null)
          mde cancel "${id%%%%-*}" -m x --batch b]]):format(status))
      local rest = run.out:match "cancelled  +[%x-]+ [%w.-]+\r\n(.*)"
      assert.truthy(rest and rest:gsub(".*\27%[K", ""):find(said), run.out)
    end
  end)

  it("do not suffice with --yes or without a terminal", function()
    local run = program.rehearse("{ mistaken = 2, history = 0 }", [[
      id=$(mde list --requestor soar@contoso.com --limit 1 --ids 2>/dev/null)
      mde cancel "${id%%-*}" -m x; echo $?; mde cancel "${id%%-*}" -m x --yes; echo $?
      mde cancel 00000000 -m x; echo $?]])
    assert.equal("3\n2\n1\n", run.out, run.err)
    assert.equal(0, run.ledger.posts)
    assert.truthy(run.err:find("with --yes, give all 36 characters", 1, true), run.err)
    assert.truthy(run.err:find("no id begins with '00000000'", 1, true), run.err)
  end)
end)
