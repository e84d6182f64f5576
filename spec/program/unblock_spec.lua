-- mde unblock, against the simulator.

local program = require "spec.support.program"

local MACHINE = "syd-lt-3185.corp.contoso.com"      -- its isolation waits by mistake
local STUCK = "sgp-ws-3262.corp.contoso.com"        -- its live response waits for hours

local function rehearse(script, input)
  return program.rehearse("{}", script:gsub("%$S", STUCK):gsub("%$M", MACHINE), input)
end

local function assert_refused(status, script, text)
  local run = rehearse(script)
  assert.same({ status, "", 0 }, { run.status, run.out, run.ledger.posts }, run.err)
  assert.truthy(run.err:find(text, 1, true), run.err)
end

describe("mde unblock", function()
  it("cancels the open actions of a machine, as a batch", function()
    local run = rehearse "mde unblock $M -m x --yes && mde unblock $M -m x --yes && mde batch list"
    assert.equal(0, run.status, run.err)
    assert.equal(1, run.ledger.posts)
    assert.truthy(run.out:find("^cancelled +%S+ " .. MACHINE:gsub("%p", "%%%0")), run.out)
    assert.truthy(run.err:find("\nNothing to change: no action matches.\n", 1, true), run.err)
    assert.truthy(run.err:find("^" .. MACHINE:gsub("%p", "%%%0") .. " %x+\n"), run.err)
  end)

  it("leaves alone what the options do not choose", function()
    local run = rehearse "mde unblock $S --older-than 4h --type LiveResponse -m Stuck --yes --json"
    assert.same({ 0, 1 }, { run.status, run.ledger.posts }, run.err)
    run = rehearse [[mde unblock $S --type Isolate -m x --yes
      mde unblock $S --older-than 9d -m x --yes]]
    assert.same({ 0, 0 }, { run.status, run.ledger.posts }, run.err)
  end)

  it("sends nothing with -n, which needs no comment", function()
    local run = rehearse "mde unblock $M -n"
    assert.same({ 0, 0 }, { run.status, run.ledger.posts })
    assert.truthy(run.out:find "^would cancel .*Isolate +Pending +soar@contoso.com\n$", run.out)
    assert.truthy(run.err:find("1 machine action would be cancelled; nothing was sent", 1, true))
  end)

  it("refuses what is wrong before anything is asked", function()
    for arguments, text in pairs {
      ["-m x"] = "missing MACHINE", ["$M"] = "a comment is required",
      ["$M -m x --type Bogus"] = "'Bogus' is not a type", ["$M $S -m x"] = "too many arguments",
      ["$M -m x --older-than soon"] = "'soon'", ["$M -m x --deadline 5s"] = " --wait",
    } do
      local run = program.sh("mde unblock " .. arguments:gsub("%$%a", "machine"))
      assert.same({ 2, "" }, { run.status, run.out }, arguments .. run.err)
      assert.truthy(run.err:find(text, 1, true), run.err)
    end
  end)

  it("refuses where nobody agreed, or the machine is none", function()
    assert_refused(3, "mde unblock $M -m x", "1 machine action, and no terminal to ask at")
    assert_refused(1, "mde unblock nobody -m x --yes", "no machine 'nobody'")
    assert_refused(3, "mde unblock par-lt-1011 -m x --yes", "is the name of 2 machines")
  end)

  it("asks at the terminal", function()
    for answer, status in pairs { ["y^M"] = 0, ["n^M"] = 3 } do
      local run = program.at_terminal(100, { "Cancel 1 machine action in", "",
        "[y/N] ", answer }, program.path, "sim", "mde", "unblock", MACHINE, "-m", "x")
      assert.equal(status, run.status, run.out)
    end
  end)
end)
