-- Messages for command lines that argparse refuses.

require "spec.support.policy"
local argparse = require "argparse"
local failure = require "mde.program.exit"
local syntax = require "mde.program.input.syntax"

local function new()
  local parser = argparse "mde"
  local command = parser:command "list"
  parser:option "--profile":argname "NAME"
  command:option "--status":argname "STATUS".words = function() return { "Pending", "Failed" } end
  command:option "--color":argname "WHEN":choices { "auto", "never" }
  command:argument "id":argname "ID"
  local audit = parser:command "audit"
  audit:argument("what"):choices { "verify", "show" }
  command.error, audit.error, parser.error = syntax.refuse, syntax.refuse, syntax.refuse
  return parser
end

-- Parses words that are refused. -> the message, the missing word
local function refused(...)
  local done, raised = pcall(new().parse, new(), { ... })
  assert.is_false(done)
  assert.equal(failure.usage, failure.status(raised))
  return tostring(raised), raised.missing
end

describe("a refused command line", function()
  it("names the placeholder of a missing argument", function()
    assert.same({ "missing ID", "ID" }, { refused "list" })
  end)

  it("names the values of an option without one", function()
    assert.same({ "--status requires STATUS: Pending, Failed", "STATUS" },
      { refused("list", "x", "--status") })
    assert.same({ "--color requires WHEN: auto, never", "WHEN" },
      { refused("list", "x", "--color") })
    assert.same({ "--profile requires NAME", "NAME" }, { refused("list", "x", "--profile") })
  end)

  it("names the words that a command requires", function()
    assert.same({ "mde audit requires one of verify, show" }, { refused("audit", "verfy") })
  end)

  it("says that numbers are not negative", function()
    assert.same({ "-3…: numbers and times are not negative" },
      { refused("list", "x", "--status", "-30") })
  end)

  it("has argparse's words else, without its guess", function()
    local message, missing = refused("list", "x", "--statu", "y")
    assert.same({ "unknown option '--statu'" }, { message, missing })
  end)
end)
