-- Counts the syncs of the disk that a single cancel waits for.

local program = require "spec.support.program"
local trouble = require "spec.support.trouble"

-- Cancels three actions, one at a time, and kills the second cancel before its `nth` call of
-- `name`. -> the exit status of the second and of the third
local function statuses(nth, name)
  local run = program.rehearse("{ mistaken = 3, history = 0 }", ([[
    set -- $(mde list --requestor soar@contoso.com --ids 2>/dev/null)
    mde cancel $1 -m x && (%s exec mde cancel $2 -m x); second=$?
    mde cancel $3 -m x; echo "$second $?"]]):format(
    trouble.environment(("kill:%d:%s"):format(2 * nth - 1, name))))
  return run.out:match "(%d+ %d+)\n$", run.err
end

describe("a single cancel", function()
  it("syncs the disk at most six times, and leaves the next one its write-ahead log", function()
    assert.equal("137 0", (statuses(5, "fdatasync")))
    assert.equal("0 0", (statuses(7, "fdatasync")))
    assert.equal("0 0", (statuses(1, "fsync")))
  end)
end)
