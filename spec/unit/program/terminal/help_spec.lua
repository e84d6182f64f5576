-- The form of the help.

require "spec.support.policy"
local argparse = require "argparse"
local help = require "mde.program.terminal.help"
local system = require "mde.program.system"
local systems = require "spec.support.system"

-- Returns the help of a command at a terminal of so many columns; nil: in a pipe.
local function shown(columns)
  local own = systems.new({}, { terminal = {
    is_terminal = function() return columns ~= nil end, width = function() return columns end } })
  return system.run(own, function()
    local command = argparse("mde"):help_max_width(help.width()):help_description_margin(29)
    command:argument("what", "The action."):argname "ID"
    command:option("-m --comment", "Why."):argname "TEXT"
    command:epilog("A sentence of several words that has been broken here,\nand goes on.\n\n"
      .. "Examples:\n   mde x\n   mde y")
    help.form(command)
    return command:get_help()
  end)
end

describe("the help", function()
  it("has an argument by its placeholder, and an option on one line", function()
    local text = shown()
    assert.truthy(text:find("\n   ID                        The action.\n", 1, true), text)
    assert.truthy(text:find("\n   -m, --comment TEXT        Why.\n", 1, true), text)
  end)

  it("wraps paragraphs again at a narrow terminal, but no examples", function()
    assert.truthy(shown(100):find("broken here,\nand goes on.\n\nExamples:", 1, true))
    local text = shown(40)
    assert.truthy(text:find("\nbeen broken here, and goes on.\n", 1, true), text)
    assert.truthy(text:find("\nExamples:\n   mde x\n   mde y", 1, true), text)
  end)
end)
