-- Words that can follow a command line, as `mde --complete` prints them.

require "spec.support.policy"
local program = require "mde.program"
local systems = require "spec.support.system"

local function after(...)
  local own = systems.new { HOME = "/nonexistent", MDE_STORE = "memory" }
  assert.equal(0, program({ "--complete", ... }, own))
  return own.stdout.text
end

-- The words alone.
local function words(...)
  return (after(...):gsub("\t[^\n]*", ""):gsub("\n", " "))
end

describe("the words that can follow", function()
  it("are commands, options, values or arguments", function()
    assert.equal("cancel\tCancel machine actions, by id or by filter.\n", after "can")
    assert.equal("--older-than ", words("list", "--old"))
    assert.equal("Pending ", words("list", "--status", "P"))
    assert.equal("show stop ", words("batch", "s"))
    assert.equal("isolate ", words("-p", "emea", "launch", "iso"))
    assert.truthy(words("status", ""):find("--offline ", 1, true))
    assert.equal("", words("nonsense", ""))
    assert.equal("", words("list", "--requestor-comment", ""))
  end)

  it("have what precedes a value in its word", function()
    assert.equal("--type=Isolate ", words("list", "--type=Isol"))
    assert.equal("Isolate,Offboard ", words("list", "--type", "Isolate,Off"))
  end)

  it("have not what bash takes for another word", function()
    assert.equal("Isolate ", words("list", "--type", "=", "Isol"))
    assert.equal("newest oldest ", words("list", "--order", "="))
  end)

  it("are files only where a file belongs", function()
    assert.equal(":files ", words("apply", ""))
    assert.equal(":files ", words("plan", "-o", "x"))
    assert.equal("", words("list", "--machine", "x"))
  end)

  it("are those of mde after mde sim mde", function()
    assert.equal("mde ", words("sim", ""))
    assert.equal("--type ", words("sim", "--scenario", "stuck", "mde", "list", "--ty"))
  end)
end)
