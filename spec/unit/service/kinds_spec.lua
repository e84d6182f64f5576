-- mde.service.kinds: the kinds of action, and the statuses.

local kinds = require "mde.service.kinds"

describe("the kinds of action", function()
  it("have inverses that undo each other", function()
    for _, kind in ipairs(kinds.all) do
      if kind.inverse then assert.equal(kind.type, kinds.of[kind.inverse].inverse) end
      if kind.makes then assert.equal(kind, kinds.making[kind.makes]) end
    end
  end)

  it("are launched by an operation of the service, which a machine takes", function()
    local rows = require "mde.core".operation.rows
    for operation, kind in pairs(kinds.launched_by) do
      assert.is_table(rows[operation], operation)
      assert.equal(kind.name, (operation:gsub("_", "-")))
    end
  end)
end)

describe("the known values", function()
  it("are the service's", function()
    assert.same({ "Pending", "InProgress", "Succeeded", "Failed", "TimeOut", "Cancelled" },
      kinds.statuses)
    local final = {}
    for _, status in ipairs(kinds.statuses) do
      if kinds.final[status] then final[#final + 1] = status end
    end
    assert.same({ "Succeeded", "Failed", "TimeOut", "Cancelled" }, final)
    local seen = {}
    for _, name in ipairs(kinds.types) do seen[name] = true end
    for _, name in ipairs { "RunAntiVirusScan", "Offboard", "LiveResponse", "Isolate", "Unisolate",
                            "CollectInvestigationPackage", "StopAndQuarantineFile",
                            "RestrictCodeExecution", "UnrestrictCodeExecution" } do
      assert.is_true(seen[name], name)
    end
  end)
end)
