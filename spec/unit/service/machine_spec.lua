-- A machine's entity, and the ids of machines.

local machine = require "mde.service.machine"

local ID = ("a1"):rep(20)

describe("a machine's id", function()
  it("has 40 or 32 hexadecimal digits, in lower case", function()
    assert.equal(ID, machine.id(ID:upper()))
    assert.equal(("0"):rep(32), machine.id(("0"):rep(32)))
    for _, wrong in ipairs { "", ("a"):rep(39), ("g"):rep(40), "web1.contoso.com", 7 } do
      assert.is_nil(machine.id(wrong))
    end
  end)

  it("is taken from an id, a machine or an array of them, each once", function()
    assert.same({ ID }, machine.ids(ID))
    assert.same({ ID }, machine.ids { id = ID })
    assert.same({ ID, ("b"):rep(40) }, machine.ids { ID, { id = ("b"):rep(40) }, ID:upper() })
    for _, wrong in ipairs { "web1", { "web1" }, { [2] = ID } } do
      local ids, err = machine.ids(wrong)
      assert.is_nil(ids)
      assert.equal("invalid_argument", err.code)
    end
  end)
end)

describe("a machine", function()
  local read = machine.reader { wall = function() return 1769198400 end }

  it("has its tags, whatever the case", function()
    local found = read { id = ID, machineTags = { "VIP" } }
    assert.is_true(found:tagged "vip")
    assert.is_false(found:tagged "vi")
    assert.is_false(read({ id = ID }):tagged "vip")
  end)

  it("was seen some seconds ago", function()
    assert.equal(60, read({ id = ID, lastSeen = "2026-01-23T19:59:00Z" }):seen())
    assert.is_nil(read({ id = ID }):seen())
  end)

  it("prints as one line", function()
    assert.equal("web1 Active " .. ID,
      tostring(read { id = ID, computerDnsName = "web1", healthStatus = "Active" }))
    assert.equal("- ? " .. ID, tostring(read { id = ID }))
  end)
end)
