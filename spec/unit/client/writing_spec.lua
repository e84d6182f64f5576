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
end)
