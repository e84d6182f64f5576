-- client:action reads one action.

local errors = require "mde.base.errors"
local world = require "spec.support.world"

local UNKNOWN = "5382f7ea-7557-4ab7-9782-d50480024a4e"

describe("client:action", function()
  it("reads one action", function()
    local client, service = world.new()
    local id = service:add { age = 90, requestor = "o'brien@contoso.com" }
    local action = assert(client:action(id))
    assert.same({ id, "Pending", "o'brien@contoso.com" },
      { action.id, action.status, action.requestor })
    assert.is_true(action:age() >= 90 and action:age() < 92)
    assert.is_false(action:is_final())
    local _, err = client:action(UNKNOWN)
    assert.same({ "not_found", "get" }, { err.code, err.operation })
  end)

  it("tries again what is transient, and what is cut", function()
    for _, oddity in ipairs { "internal_error", "bad_gateway", "lost_before", "lost_after",
                              "cut_json", "unreachable" } do
      local client, service = world.new { oddities = { [oddity] = { operation = "get", nth = 1 } } }
      assert.is_truthy(client:action(service:add {}), oddity)
      client, service = world.new { oddities = { [oddity] = { operation = "get" } } }
      local action, err = client:action(service:add {})
      assert.is_nil(action, oddity)
      assert.is_true(errors.is(err))
      assert.is_true(service:requests "get" <= 5, oddity)
    end
  end)
end)
