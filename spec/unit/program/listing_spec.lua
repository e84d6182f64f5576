-- Rows of lists.

require "spec.support.policy"
local action = require "mde.program.listing.action"
local listing = require "mde.program.listing"
local machine = require "mde.program.listing.machine"

describe("a row", function()
  it("of an action names its machine by name, id or not at all", function()
    local function row(fields)
      fields.age = function() return 60 end
      return action.row(fields)
    end
    assert.same({ listing.age(60), "Isolate", "Pending", "web1", "bob", "i" }, row {
      id = "i", type = "Isolate", status = "Pending", computerDnsName = "web1",
      machineId = "m", requestor = "bob" })
    assert.same({ "m", "-" }, { row({ machineId = "m" })[4], row({})[4] })
  end)

  it("of a machine lists its tags", function()
    local fields = { id = "m", machineTags = { "a", "b" }, seen = function() end }
    assert.same({ "m", "-", "-", listing.age(nil), "a, b", "m" }, machine.row(fields))
  end)

  it("has as many fields as there are columns, and an id", function()
    for _, shape in ipairs { action, machine } do
      local fields = { id = "i", age = function() return 1 end, seen = function() return 1 end }
      assert.equal(#shape.columns, #shape.row(fields))
      assert.equal("i", shape.id(fields))
    end
  end)
end)
