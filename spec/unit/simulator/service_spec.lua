-- Tests simulated actions, cancels and the checks of the service.

local cjson = require "cjson"
local sim = require "spec.support.sim"

-- The keys of a real entity, in their order.
local KEYS = { "id", "type", "title", "requestor", "requestorComment", "status", "machineId",
  "computerDnsName", "creationDateTimeUtc", "lastUpdateDateTimeUtc", "cancellationRequestor",
  "cancellationComment", "cancellationDateTimeUtc", "errorHResult", "scope", "externalId",
  "requestSource", "relatedFileInfo", "commands", "troubleshootInfo" }

describe("a simulated machine action", function()
  it("has the keys of a real one, null if there is no value", function()
    local asker, service = sim.new()
    local id = service:add { comment = 'say "no"', age = 60 }
    local status, entity, answer = asker:get(id)
    assert.equal(200, status)
    local position = 1
    for _, key in ipairs(KEYS) do
      position = answer.body:find('"' .. key .. '":', position, true)
      assert.is_truthy(position, key)
      assert.not_nil(entity[key], key)
    end
    assert.equal('say "no"', entity.requestorComment)
    assert.equal("Pending", entity.status)
    assert.equal("2026-01-23T19:59:00Z", entity.creationDateTimeUtc)
    assert.equal(0, entity.errorHResult)
    for _, key in ipairs { "title", "cancellationRequestor", "cancellationComment", "externalId",
                           "cancellationDateTimeUtc", "relatedFileInfo", "troubleshootInfo" } do
      assert.equal(cjson.null, entity[key], key)
    end
    assert.is_truthy(answer.body:find('"commands":[]', 1, true))
    assert.is_truthy(entity["@odata.context"]:find("#MachineActions/$entity", 1, true))
    assert.is_truthy(answer.headers["content-type"]:find "^application/json")
  end)

  it("writes up to seven digits of a second, without trailing zeros", function()
    local asker, service = sim.new()
    local function shown(fraction)
      local _, entity = asker:get(service:add { created = 1769198400 + fraction })
      return entity.creationDateTimeUtc:match "T20:00:0(.*)"
    end
    assert.equal("0Z", shown(0))
    assert.equal("0.5Z", shown(0.5))
    assert.equal("0.0009766Z", shown(0.0009765625))
    assert.equal("0.03125Z", shown(0.03125))
    local _, entity = asker:get(service:add { created = 1000.99999999 })
    assert.equal("1970-01-01T00:16:41Z", entity.creationDateTimeUtc)
  end)

  it("takes its course by the clock", function()
    local asker, service, clock = sim.new()
    local id = service:add { age = 0, steps = { { 10, "InProgress" }, { 40, "TimeOut" } } }
    local seen = {}
    for _ = 1, 5 do
      local _, entity = asker:get(id)
      seen[#seen + 1] = entity.status .. entity.lastUpdateDateTimeUtc:match "T20:(.*)Z"
      clock.advance(10)
    end
    assert.same({ "Pending00:00", "InProgress00:10", "InProgress00:10", "InProgress00:10",
                  "TimeOut00:40" }, seen)
  end)

  it("shows the status of a live response's commands", function()
    local asker, service, clock = sim.new()
    local id = service:add { type = "LiveResponse", age = 0, machine_id = false, dns_name = false,
      steps = { { 10, "InProgress" }, { 40, "Succeeded" } },
      commands = { { type = "GetFile", params = { { key = "Path", value = "C:\\a/b" } } } } }
    local _, entity = asker:get(id)
    assert.equal(cjson.null, entity.machineId)
    assert.equal(cjson.null, entity.computerDnsName)
    assert.equal("Created", entity.commands[1].commandStatus)
    assert.equal(cjson.null, entity.commands[1].startTime)
    assert.equal("C:\\a/b", entity.commands[1].command.params[1].value)
    clock.advance(60)
    local _, later, answer = asker:get(id)
    assert.equal("Completed", later.commands[1].commandStatus)
    assert.equal("2026-01-23T20:00:10Z", later.commands[1].startTime)
    assert.equal("2026-01-23T20:00:40Z", later.commands[1].endTime)
    assert.is_truthy(answer.body:find('"errors":[]', 1, true))
  end)

  it("does not change with a wall clock that is set", function()
    local asker, service, clock = sim.new()
    local id = service:add { age = 0, steps = { { 10, "InProgress" } } }
    clock.set(0)
    clock.advance(11)
    local _, entity = asker:get(id)
    assert.equal("InProgress", entity.status)
    assert.equal("2026-01-23T20:00:10Z", entity.lastUpdateDateTimeUtc)
  end)
end)

describe("a simulated cancel", function()
  it("cancels a Pending or InProgress action once, and shows requestor and comment", function()
    local asker, service, clock = sim.new()
    for _, status in ipairs { "Pending", "InProgress" } do
      local id = service:add { status = status }
      clock.advance(0.25)
      local code, entity = asker:cancel(id, "rule misfired")
      assert.equal(200, code)
      assert.equal("Cancelled", entity.status)
      assert.equal("rule misfired", entity.cancellationComment)
      assert.equal(service.client_id, entity.cancellationRequestor)
      assert.equal(entity.cancellationDateTimeUtc, entity.lastUpdateDateTimeUtc)
      assert.equal("Cancelled", service:status(id))
      local posted, effects = service:posted(id)
      assert.equal(1, posted)
      assert.same({ true }, effects)
    end
  end)

  it("ends the action's own course", function()
    local asker, service, clock = sim.new()
    local id = service:add { age = 0, steps = { { 10, "InProgress" }, { 20, "Succeeded" } } }
    clock.advance(15)
    asker:cancel(id)
    clock.advance(100)
    assert.equal("Cancelled", service:status(id))
  end)

  it("refuses a final action, and changes nothing", function()
    local asker, service = sim.new()
    for _, status in ipairs { "Succeeded", "Failed", "TimeOut", "Cancelled" } do
      local id = service:add { status = status }
      local code, body = asker:cancel(id)
      assert.equal(400, code)
      assert.equal("BadRequest", body.error.code)
      assert.equal(status, service:status(id))
      assert.same({ 1, { false } }, { service:posted(id) })
    end
  end)

  it("refuses unknown ids of any form", function()
    local asker = sim.new()
    for _, id in ipairs { "00000000-0000-4000-8000-000000000000", "x" } do
      local code, body = asker:cancel(id)
      assert.equal(404, code)
      assert.equal("ResourceNotFound", body.error.code)
      assert.equal("Machine action " .. id .. " was not found", body.error.message)
      assert.is_truthy(body.error.target:find "^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$")
      assert.equal(404, (asker:get(id)))
    end
  end)

  it("requires a JSON body with a Comment, in this spelling", function()
    local asker, service = sim.new()
    local id = service:add {}
    local function post(kind, body)
      local status, decoded = asker:ask("POST", "/api/machineactions/" .. id .. "/cancel",
        { ["content-type"] = kind }, body)
      assert.equal(400, status)
      return decoded.error.code
    end
    local json = "application/json"
    assert.equal("InvalidRequestBody", post(nil, '{"Comment":"x"}'))
    assert.equal("InvalidRequestBody", post("text/plain", '{"Comment":"x"}'))
    assert.equal("InvalidRequestBody", post(json, ""))
    assert.equal("InvalidRequestBody", post(json, '{"Comment":'))
    assert.equal("InvalidRequestBody", post(json, '"x"'))
    assert.equal("MissingRequiredParameter", post(json, '{"comment":"x"}'))
    assert.equal("MissingRequiredParameter", post(json, '{"Comment":""}'))
    assert.equal("MissingRequiredParameter", post(json, '{"Comment":null}'))
    assert.equal("Pending", service:status(id))
    assert.equal(200, (asker:ask("POST", "/api/v1.0/machineActions/" .. id:upper() .. "/cancel",
      { ["content-type"] = json .. "; charset=utf-8" }, '{"Comment":"x"}')))
  end)
end)

describe("the simulated service", function()
  it("answers 404 to unknown paths", function()
    local asker, service = sim.new()
    local id = service:add {}
    for _, case in ipairs { { "POST", "/api/machineactions" }, { "POST", "/api/machines" },
        { "GET", "/api/alerts" }, { "PUT", "/api/libraryfiles" }, { "POST", "/blob/x" },
        { "GET", "/" }, { "DELETE", "/api/machineactions/" .. id },
        { "GET", "/api/machineactions/" .. id .. "/cancel" } } do
      local status, body = asker:ask(case[1], case[2])
      assert.equal(404, status)
      assert.equal("NotFound", body.error.code)
    end
  end)

  it("requires any one of the roles of an operation", function()
    local asker, service = sim.new { roles = { "Machine.Read.All" } }
    local id = service:add {}
    assert.equal(200, (asker:get(id)))
    local status, body = asker:cancel(id)
    assert.equal(403, status)
    assert.equal("Forbidden", body.error.code)
    assert.is_truthy(body.error.message:find("Machine.LiveResponse", 1, true))
    assert.is_truthy(body.error.message:find("application roles: Machine.Read.All.", 1, true))
    for _, role in ipairs { "CollectForensics", "Isolate", "RestrictExecution", "Scan", "Offboard",
                            "StopAndQuarantine", "LiveResponse" } do
      asker.token = service:token { "Machine." .. role }
      assert.equal(200, (asker:cancel(service:add {})))
      assert.equal(403, (asker:get(id)))
    end
    asker.token = service:token {}
    assert.equal(403, (asker:list()))
    assert.equal("Pending", service:status(id))
  end)

  it("requires the scopes of an operation for a user's token", function()
    local asker, service = sim.new()
    local id = service:add {}
    asker.token = service:token({ "Machine.Read" }, true)
    assert.equal(200, (asker:get(id)))
    local status, body = asker:cancel(id)
    assert.equal(403, status)
    assert.is_truthy(body.error.message:find("user roles: Machine.Read.", 1, true))
    asker.token = service:token({ "Machine.Isolate", "Machine.Read.All" }, true)
    assert.equal(403, (asker:get(id)))
    assert.equal(200, (asker:cancel(id)))
    asker.token = service:token { "Machine.Read" }  -- no role of an application
    assert.equal(403, (asker:get(id)))
  end)

  it("refuses unknown options by name, and a missing clock", function()
    local services = require "mde.simulator.service"
    assert.error_matches(function() services.new { cloak = true } end, "unknown option 'cloak'")
    assert.error_matches(function() services.new {} end, "a clock is required")
    assert.error_matches(function() sim.new { oddities = { odd = 1 } } end, "unknown option 'odd'")
  end)

  it("does not accept an id twice", function()
    local _, service = sim.new()
    local id = service:add {}
    assert.has_error(function() service:add { id = id } end)
  end)

  it("keeps a ledger of its requests", function()
    local asker, service, clock = sim.new()
    local id = service:add {}
    asker:cancel(id)
    asker:cancel(id)
    asker:get(id)
    clock.advance(30)
    asker:get(id)
    clock.advance(30)
    asker:get("nothing")
    asker:list()
    assert.same({ 2, { true, false } }, { service:posted(id) })
    assert.same({ 0, {} }, { service:posted "nothing" })
    assert.equal(6, service:requests())
    assert.equal(2, service:requests "cancel")
    assert.equal(1, service:requests("cancel", 400))
    assert.equal(1, service:requests("get", 404))
    assert.equal(2, service:most_within(60, "get"))
    assert.equal(3, service:most_within(61, "get"))
    assert.equal(0, service:most_within(60, "token"))
  end)
end)
