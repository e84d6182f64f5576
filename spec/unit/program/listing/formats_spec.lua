-- The formats of a list.

package.preload["mde.terminal"] = package.preload["mde.terminal"] or function()
  local function same(text) return text end
  return { printable = same, printable_json = same }
end

local formats = require "mde.program.listing.formats"
local systems = require "spec.support.system"
local system = require "mde.program.system"

local SHAPE = { id = function(entity) return entity.id end }

-- Writes these entities. `before(i, printed)` is called when the i-th is requested, with the text
-- that has arrived at the reader.
local function show(name, entities, before)
  local here = systems.new {}
  local printed = ""
  here.terminal.flush = function()
    printed = here.stdout.text
    return true
  end
  local i = 0
  system.run(here, function()
    formats[name]({ "id" }, SHAPE, {}).show(function()
      i = i + 1
      before(i, printed, here.clock)
      return entities[i]
    end)
  end)
end

describe("a list in a pipe", function()
  for name, first in pairs { json = '{"id":"a"}\n', csv = "id\r\na\r\n", ids = "a\n" } do
    it("has its first row before more are requested: " .. name, function()
      show(name, { { id = "a" }, { id = "b" } }, function(i, printed)
        if i == 2 then assert.equal(first, printed) end
      end)
    end)
  end

  it("has each row that came after a wait, and others when there are enough of them", function()
    local seen = {}
    show("ids", { { id = "a" }, { id = "b" }, { id = "c" }, { id = "d" } },
      function(i, printed, clock)
        seen[i] = printed
        if i == 3 then clock.advance(1) end
      end)
    assert.same({ "", "a\n", "a\n", "a\nb\nc\n", "a\nb\nc\n" }, seen)
  end)
end)
