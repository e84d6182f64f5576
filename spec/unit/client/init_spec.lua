-- A client: observers, clocks and wrong use.

local world = require "spec.support.world"

local MACHINE = "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
local UNKNOWN = "5382f7ea-7557-4ab7-9782-d50480024a4e"

describe("a client", function()
  it("tells an observer of each request, with no secret in it", function()
    local records = {}
    local client, service = world.new({}, { on_request = function(record)
      records[#records + 1] = record
    end })
    client:cancel(service:add {}, { comment = "x" })
    client:action(UNKNOWN)
    assert.equal(4, #records)  -- an unknown action is read twice
    local token, cancel, get = records[1], records[2], records[3]
    assert.truthy(get.request_id)
    assert.same({ "POST", "login.microsoftonline.com", "token", 200 },
      { token.method, token.host, token.operation, token.status })
    assert.same({ "POST", "api.security.microsoft.com", "cancel", 200 },
      { cancel.method, cancel.host, cancel.operation, cancel.status })
    assert.same({ "GET", "/api/machineactions/" .. UNKNOWN, 404 },
      { get.method, get.path, get.status })
    for _, record in ipairs(records) do
      assert.is_true(record.seconds > 0.09)
      for _, value in pairs(record) do
        assert.is_falsy(tostring(value):find("simulated~client", 1, true))
        assert.is_falsy(tostring(value):find("Bearer", 1, true))
      end
    end
  end)

  it("stays in order when its observer raises", function()
    local raised = false
    local client, service = world.new({}, { on_request = function()
      if not raised then
        raised = true
        error "no"
      end
    end })
    local id = service:add {}
    assert.error_matches(function() client:cancel(id, { comment = "x" }) end, "no")
    local found = select(2, client:cancel(service:add {}, { comment = "x" }))
    assert.equal("cancelled", found)
    assert.equal(0, service:posted(id))  -- no thread waits for the first call any more
    assert.equal(0, #client.scheduler.tasks)
  end)

  it("is no more after close, which may be called again", function()
    local client, service, _, engine = world.new()
    client:close()
    client:close()
    local id, why = service:add {}, { comment = "x" }
    for name, arguments in pairs { cancel = { id, why }, cancel_all = { { id }, why },
        action = { id }, list = {}, wait = { id }, machines = {}, isolated = {}, library = {},
        request = { "GET", "/api/machines" }, sign_in = {}, permissions = {}, may = { "cancel" },
        isolate = { MACHINE, why }, unblock = { MACHINE, why }, tag = { MACHINE, "x" } } do
      local value, err = client[name](client, (table.unpack or unpack)(arguments))
      if name == "machines" then
        local done, raised = pcall(value)
        value, err = done or nil, raised
      end
      assert.is_nil(value, name)
      assert.same({ "interrupted", "the client was closed" }, { err.code, err.message }, name)
    end
    assert.equal(0, engine:step())
  end)

  it("prints as what it is", function()
    local client, service = world.new()
    assert.equal("mde.client (" .. service.tenant .. ")", tostring(client))
  end)
end)
