-- client:unblock.

local world = require "spec.support.world"

local MACHINE = ("ab"):rep(20)

local function new()
  local client, service = world.new()
  local ids = {
    old = service:add { machine_id = MACHINE, age = 7200, type = "LiveResponse" },
    young = service:add { machine_id = MACHINE, age = 60, type = "LiveResponse" },
    scan = service:add { machine_id = MACHINE, age = 7200, type = "RunAntiVirusScan" },
    done = service:add { machine_id = MACHINE, age = 7200, status = "Succeeded" },
    other = service:add { age = 7200 },
  }
  return client, service, ids
end

describe("client:unblock", function()
  it("cancels the open actions of the machine, and verifies", function()
    local client, service, ids = new()
    local result = assert(client:unblock(MACHINE, { comment = "stuck" }))
    assert.equal(3, #result.items)
    for _, item in ipairs(result.items) do assert.equal("cancelled", item.verdict) end
    assert.same({}, result.kept)
    for _, name in ipairs { "old", "young", "scan" } do
      assert.equal("Cancelled", service:status(ids[name]))
    end
    assert.same({ 0, 0 }, { service:posted(ids.done), (service:posted(ids.other)) })
  end)

  it("leaves alone what the conditions do not choose, and says so", function()
    local client, service, ids = new()
    local result = assert(client:unblock(MACHINE, { comment = "stuck", older_than = "1h",
                                                    type = "LiveResponse" }))
    assert.equal(1, #result.items)
    assert.equal(ids.old, result.items[1].id)
    local kept = {}
    for _, action in ipairs(result.kept) do kept[action.id] = true end
    assert.same({ [ids.young] = true, [ids.scan] = true }, kept)
    assert.same({ 0, 0 }, { service:posted(ids.young), (service:posted(ids.scan)) })
    result = assert(client:unblock(MACHINE, { comment = "x", type = { "Isolate", "Offboard" } }))
    assert.same({ 0, 2 }, { #result.items, #result.kept })
  end)

  it("refuses what is malformed, and sends nothing", function()
    local client, service = new()
    for _, options in ipairs { {}, { comment = " " }, { comment = "x", older_than = "long" },
                             { comment = "x", type = "isolate" }, { comment = "x", type = {} },
                             { comment = "x", type = 7 } } do
      local result, err = client:unblock(MACHINE, options)
      assert.is_nil(result)
      assert.equal("invalid_argument", err.code)
    end
    assert.error_matches(function() client:unblock(MACHINE, { coment = "x" }) end,
      "unblock: unknown option")
    assert.equal(0, service:requests())
  end)
end)
