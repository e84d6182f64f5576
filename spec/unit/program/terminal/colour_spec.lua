-- Colours by meaning.

local systems = require "spec.support.system"
local colour = require "mde.program.terminal.colour"
local system = require "mde.program.system"

local function is_on(environment, mode, is_terminal)
  local own = systems.new(environment, { terminal = {
    is_terminal = function() return is_terminal end } })
  return system.run(own, function()
    system.state.color = mode
    return colour.is_on(1)
  end)
end

describe("colour", function()
  it("is on at a terminal, or as --color says", function()
    assert.is_true(is_on({}, nil, true))
    assert.is_false(is_on({}, nil, false))
    assert.is_false(is_on({ NO_COLOR = "1" }, "auto", true))
    assert.is_false(is_on({ TERM = "dumb" }, nil, true))
    assert.is_true(is_on({ NO_COLOR = "1" }, "always", false))
    assert.is_false(is_on({}, "never", true))
  end)

  it("has one code for a meaning", function()
    assert.equal(colour.of "isolated", colour.of "Failed")
    assert.equal(colour.of "Pending", colour.of "isolating")
    assert.is_nil(colour.of "Cancelled")
    assert.equal("\27[31mx\27[0m", colour.paint("x", "bad"))
  end)
end)
