-- Wrapping of text.

require "spec.support.policy"
local wrap = require "mde.program.terminal.wrap"

describe("wrapped text", function()
  it("is broken between words, with an indent after the first line", function()
    assert.same({ "one two", "  three", "  four" }, wrap("one two three four", 8, 2))
  end)

  it("keeps spaces within a line and at the end, and longer words whole", function()
    assert.same({ "  a  b", "    longer-word", "    c? " }, wrap("  a  b longer-word c? ", 7, 4))
  end)

  it("is one line without a width", function()
    assert.same({ "one two three" }, wrap "one two three")
    assert.same({ "" }, wrap("", 10, 2))
  end)
end)
