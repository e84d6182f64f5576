-- Each mutant still fits the source that it changes.

local mutant = require "spec.world.mutant"
local mutants = require "spec.world.mutants"

describe("the mutants of the world", function()
  it("each change a text that occurs once", function()
    for _, row in ipairs(mutants) do
      local name, module, text = row[1], row[2], row[3]
      local file = assert(io.open(assert(package.searchpath(module, package.path))))
      local source = file:read "a"
      file:close()
      local first, last = source:find(text, 1, true)
      assert.truthy(first, name)
      assert.is_nil(source:find(text, last + 1, true), name)
    end
  end)

  it("each have a place that can be marked", function()
    for module, source in pairs(mutant.sources(mutants)) do
      assert(load(source, "=" .. module, "t"))
    end
  end)
end)
