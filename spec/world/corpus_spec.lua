-- Runs the plans of worlds that once failed: spec/world/corpus.

local judged = require "spec.world.judged"

local function names()
  local list, pipe = {}, assert(io.popen "ls spec/world/corpus")
  for name in pipe:lines() do list[#list + 1] = name:match "^(.*)%.lua$" end
  pipe:close()
  return list
end

describe("a world that once failed", function()
  for _, name in ipairs(names()) do
    it("works: " .. name:gsub("_", " "), function()
      local texts = {}
      for i, violation in ipairs((judged(dofile(("spec/world/corpus/%s.lua"):format(name))))) do
        texts[i] = violation.rule .. ": " .. violation.text
      end
      assert.same({}, texts)
    end)
  end
end)
