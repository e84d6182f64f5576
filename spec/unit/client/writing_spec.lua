-- Calls that write, and read if their answer was lost.

local world = require "spec.support.world"
local writing = require "mde.client.writing"

local ROLES = { "Machine.Read.All", "Machine.ReadWrite.All" }

-- A call that sets the value of a new machine. -> call, client, service
local function value_call(oddities)
  local client, service = world.new { roles = ROLES, oddities = oddities }
  local id = service:add_machine {}
  local call = assert(writing.call(client, "set_device_value", { machine = id, value = "High" }, {
    operation = "machine", arguments = { device = id },
    read = function() return { "read" } end,
    accepted = function() return "accepted" end,
  }, function(value) return value[1] end))
  return call, client, service
end

describe("a call that writes", function()
  it("has the value of the accepted answer, and reads nothing", function()
    local call, client, service = value_call()
    assert.equal("accepted", client:complete(call, "set_device_value"))
    assert.equal(0, service:requests "machine")
  end)

  it("has the part of what was read that is as wanted", function()
    local call, client, service = value_call { lost_after = { operation = "set_device_value" } }
    assert.equal("read", client:complete(call, "set_device_value"))
    assert.same({ 1, 1 }, { service:requests "set_device_value", service:requests "machine" })
  end)

  it("may read before it writes", function()
    local call, client, service = value_call()
    call.read_first()
    assert.equal("read", client:complete(call, "set_device_value"))
    assert.equal(0, service:requests "set_device_value")
  end)

  it("reads again if a repetition is refused: the lost one may have done it", function()
    for _, case in ipairs { { reads = 2, value = true }, { reads = 9, code = "not_found" } } do
      local client, service = world.new { roles = { "Library.Manage" },
        oddities = { lost_after = { nth = 1, operation = "delete_file" } } }
      service:add_file { name = "a.ps1", content = "x" }
      local reads = 0
      local call = assert(writing.call(client, "delete_file", { file = "a.ps1" }, {
        operation = "library", arguments = {}, read = function() return true end,
        accepted = function() return true end,
      }, function()
        reads = reads + 1
        return reads >= case.reads
      end))
      local value, err = client:complete(call, "delete_file")
      assert.same({ case.value, case.code, 2 },
        { value, err and err.code, service:requests "delete_file" })
      assert.equal(2, reads)
    end
  end)
end)
