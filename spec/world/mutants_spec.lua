-- Each mutant still fits the source that it changes.

local mutants = require "spec.world.mutants"

describe("the mutants of the world", function()
  it("each change a text that occurs once", function()
    for _, mutant in ipairs(mutants) do
      local name, module, text = mutant[1], mutant[2], mutant[3]
      local file = assert(io.open(assert(package.searchpath(module, package.path))))
      local source = file:read "a"
      file:close()
      local first, last = source:find(text, 1, true)
      assert.truthy(first, name)
      assert.is_nil(source:find(text, last + 1, true), name)
    end
  end)
end)
