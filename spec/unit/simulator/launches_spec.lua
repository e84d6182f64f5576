-- Tests simulated launches, their courses and duplicates.

local cjson = require "cjson"
local samples = require "spec.support.samples"
local sim = require "spec.support.sim"

local ROLES = { "Machine.Read.All", "Machine.Isolate", "Machine.RestrictExecution",
  "Machine.Scan", "Machine.CollectForensics", "Machine.Offboard", "Machine.StopAndQuarantine",
  "Machine.LiveResponse" }

-- The documented launches: operation, path, type, request.
local PUBLISHED = {
  { "isolate", "isolate", "Isolate", "isolate" },
  { "unisolate", "unisolate", "Unisolate", "unisolate" },
  { "restrict", "restrictCodeExecution", "RestrictCodeExecution", "restrict" },
  { "unrestrict", "unrestrictCodeExecution", "UnrestrictCodeExecution", "unrestrict" },
  { "scan", "runAntiVirusScan", "RunAntiVirusScan", "run-antivirus-scan" },
  { "collect", "collectInvestigationPackage", "CollectInvestigationPackage", "collect-package" },
  { "offboard", "offboard", "Offboard", "offboard" },
  { "quarantine", "StopAndQuarantineFile", "StopAndQuarantineFile", "stop-and-quarantine" },
  { "live_response", "runliveresponse", "LiveResponse", "run-live-response" },
}

local function published(name) return cjson.decode(samples.read(name .. "-request.json")) end

-- -> asker with launch(path, body) on a machine, service, clock, the machine's id
local function new(options, machine)
  options = options or {}
  options.roles = options.roles or ROLES
  local asker, service, clock = sim.new(options)
  local id = service:add_machine(machine or { computerDnsName = "pc1.example" })
  function asker:launch(path, body)
    return self:post("/machines/" .. id .. "/" .. path, body or { Comment = "x" })
  end
  return asker, service, clock, id
end

local function keys(entity)
  local list = {}
  for key in pairs(entity) do list[#list + 1] = key end
  table.sort(list)
  return list
end

describe("a simulated launch", function()
  it("accepts each published request, and answers like the service", function()
    local real = keys(cjson.decode(samples.read "real-isolate-created-2026.json"))
    for _, case in ipairs(PUBLISHED) do
      local asker, service, _, id = new()
      local request = published(case[4])
      local status, entity, answer = asker:launch(case[2], request)
      assert.equal(201, status, case[1])
      assert.same(real, keys(entity))
      assert.same({ case[3], "Pending", request.Comment, service.client_id, "PublicApi" },
        { entity.type, entity.status, entity.requestorComment, entity.requestor,
          entity.requestSource })
      assert.equal(cjson.null, entity.scope)
      assert.is_truthy(answer.body:find('"commands":[]', 1, true))
      assert.same({ 1, { true } }, { service:launched(id, case[1]) })
      assert.equal(1, service:requests(case[1], 201))
    end
  end)

  it("lacks its machine at first for the types that do so at the service", function()
    for path, name in pairs { offboard = "offboard", runliveresponse = "run-live-response" } do
      local asker, service, clock, id = new { oddities = { fills_after = 3 } }
      local _, entity = asker:launch(path, published(name))
      assert.equal(cjson.null, entity.machineId)
      assert.equal(cjson.null, entity.computerDnsName)
      local function read() return select(2, asker:get(entity.id)) end
      assert.equal(cjson.null, read().machineId)
      assert.same({}, asker:ids { filter = "machineId eq '" .. id .. "'" })
      clock.advance(3)
      assert.equal(id, read().machineId)
      assert.equal("pc1.example", read().computerDnsName)
      assert.same({ entity.id }, asker:ids { filter = "machineId eq '" .. id .. "'" })
      assert.equal("Pending", service:status(entity.id))
    end
    local asker, _, _, id = new()
    assert.equal(id, select(2, asker:launch "unisolate").machineId)
  end)

  it("shows the requested fields once it is read", function()
    local asker = new()
    local function read(path, body)
      local _, entity = asker:launch(path, body)
      return select(2, asker:get(entity.id))
    end
    local isolate = { Comment = "x", IsolationType = "Selective" }
    assert.equal("Selective", read("isolate", isolate).scope)
    assert.equal("Full", read("runAntiVirusScan", { Comment = "x", ScanType = "Full" }).scope)
    assert.same({ fileIdentifier = "87662bc3d60e4200ceaf7aae249d1c343f4b83c9",
                  fileIdentifierType = "Sha1" },
      read("StopAndQuarantineFile", published "stop-and-quarantine").relatedFileInfo)
    local commands = read("runliveresponse", published "run-live-response").commands
    assert.equal("Created", commands[1].commandStatus)
    assert.same(published("run-live-response").Commands[2], commands[2].command)
  end)

  it("has its body checked as by the service", function()
    local asker, service, _, id = new()
    local function code(path, body)
      local status, answer = asker:launch(path, body)
      assert.is_true(status == 400, path)
      return answer.error.code
    end
    assert.equal("InvalidRequestBody", code("isolate", "no JSON"))
    for _, case in ipairs(PUBLISHED) do
      assert.equal("MissingRequiredParameter", code(case[2], { comment = "x" }))
    end
    assert.equal("MissingRequiredParameter", code("runAntiVirusScan", { Comment = "x" }))
    assert.equal("InvalidInput", code("runAntiVirusScan", { Comment = "x", ScanType = "full" }))
    assert.equal("InvalidInput", code("isolate", { Comment = "x", IsolationType = "All" }))
    assert.equal("InvalidInput", code("isolate", '{"Comment":"x","IsolationType":null}'))
    assert.equal("InvalidHashValue",
      code("StopAndQuarantineFile", { Comment = "x", Sha1 = ("a"):rep(64) }))
    assert.equal("MissingRequiredParameter", code("runliveresponse", { Commands = {} }))
    for _, command in ipairs { { type = "Run" }, { type = "GetFile", params = {} }, { "GetFile" },
        { type = "PutFile", params = { { key = "Path", value = "x" } } },
        { type = "GetFile", params = { { key = "Path" } } }, { type = "GetFile", params = 1 } } do
      assert.equal("InvalidInput", code("runliveresponse", { Commands = { command } }))
    end
    local made, effects = service:launched(id, "live_response")
    assert.equal(0, made)
    assert.equal(8, #effects)
    assert.same({}, asker:ids())
  end)

  it("is refused for an unknown machine", function()
    local asker, service = new()
    local action = service:add { machine_id = ("b"):rep(40) }
    for _, case in ipairs(PUBLISHED) do
      local status, body = asker:post("/machines/" .. ("b"):rep(40) .. "/" .. case[2],
        published(case[4]))
      assert.equal(404, status)
      assert.equal("Machine " .. ("b"):rep(40) .. " was not found", body.error.message)
    end
    assert.equal(200, (asker:cancel(action)))
  end)

  it("requires the role of its type", function()
    local role = { isolate = "Isolate", unisolate = "Isolate", restrict = "RestrictExecution",
      unrestrict = "RestrictExecution", scan = "Scan", collect = "CollectForensics",
      offboard = "Offboard", quarantine = "StopAndQuarantine", live_response = "LiveResponse" }
    for _, case in ipairs(PUBLISHED) do
      local asker, service = new()
      asker.token = service:token { "Library.Manage" }
      assert.equal(403, (asker:launch(case[2], published(case[4]))))
      asker.token = service:token { "Machine." .. role[case[1]] }
      assert.equal(201, (asker:launch(case[2], published(case[4]))))
    end
  end)

  it("is refused on an unsupported platform", function()
    local asker = new(nil, { osPlatform = "macOS" })
    local status, body = asker:launch "offboard"
    assert.equal(400, status)
    assert.equal("OsPlatformNotSupported", body.error.code)
    assert.equal(400, (asker:launch("isolate", { Comment = "x", IsolationType = "Selective" })))
    assert.equal(201, (asker:launch("isolate", { Comment = "x", IsolationType = "Full" })))
  end)

  it("may be forbidden for the machine's group, or answered with 200", function()
    local asker, service, _, id = new { oddities = { disallowed = { nth = 1, operation = "scan" },
                                                     launch_status = 200 } }
    local scan = { Comment = "x", ScanType = "Quick" }
    local status, body = asker:launch("runAntiVirusScan", scan)
    local sample = cjson.decode(samples.read "error-disallowed-operation.RECONSTRUCTED.json")
    assert.equal(403, status)
    assert.equal(sample.error.code, body.error.code)
    assert.equal(sample.error.message, body.error.message)
    assert.equal(200, (asker:launch("runAntiVirusScan", scan)))
    assert.same({ 1, { false, true } }, { service:launched(id, "scan") })
  end)
end)

describe("a simulated launched action", function()
  it("takes the given course, and can be cancelled", function()
    local seen
    local asker, service, clock = new { launch_course = function(kind)
      seen = kind
      return { { 5, "InProgress" }, { 10, "Failed" } }
    end }
    local _, first = asker:launch "isolate"
    assert.equal("Isolate", seen)
    clock.advance(5)
    assert.equal("InProgress", service:status(first.id))
    clock.advance(5)
    assert.equal("Failed", service:status(first.id))
    local _, second = asker:launch "isolate"
    assert.not_equal(first.id, second.id)
    assert.equal("Cancelled", select(2, asker:cancel(second.id)).status)
  end)

  it("succeeds by itself within minutes", function()
    local asker, service, clock = new()
    local _, entity = asker:launch "isolate"
    clock.advance(300)
    assert.equal("Succeeded", service:status(entity.id))
    assert.is_nil(select(2, asker:ask("GET", "/api/machines/pc1")).isolated)
  end)

  it("appears in the list late, in its place", function()
    local asker, service, clock, id = new { oddities = { list_lags = 4 } }
    local old = service:add { age = 9 }
    assert.same({ old }, asker:ids())
    assert.same({ old }, asker:ids { orderby = "creationDateTimeUtc" })
    local _, one = asker:launch "isolate"
    clock.advance(1)
    local _, two = asker:launch "unisolate"
    assert.same({ old }, asker:ids())
    clock.advance(3)
    assert.same({ one.id, old }, asker:ids())
    clock.advance(1)
    assert.same({ two.id, one.id, old }, asker:ids())
    assert.same({ old, one.id, two.id }, asker:ids { orderby = "creationDateTimeUtc" })
    assert.same({ two.id, one.id }, asker:ids { filter = "machineId eq '" .. id .. "'" })
  end)
end)

describe("a simulated launch of an action that is already open", function()
  it("returns the open action unchanged", function()
    local asker, service, clock, id = new { launch_course = function()
      return { { 10, "InProgress" }, { 99, "Succeeded" } }
    end }
    local _, first = asker:launch("isolate", { Comment = "first" })
    clock.advance(20)
    local status, second = asker:launch("isolate", { Comment = "second" })
    assert.equal(201, status)
    assert.same({ first.id, "first", "InProgress" },
      { second.id, second.requestorComment, second.status })
    assert.same({ 1, { true, false } }, { service:launched(id, "isolate") })
    assert.not_equal(first.id, select(2, asker:launch "unisolate").id)
    clock.advance(80)
    assert.not_equal(first.id, select(2, asker:launch "isolate").id)
  end)

  it("returns actions that others launched, before and after the first launch", function()
    local asker, service, _, id = new()
    local known = service:add { type = "Offboard", machine_id = id }
    assert.equal(known, select(2, asker:launch "offboard").id)
    local later = service:add { type = "Isolate", machine_id = id }
    assert.equal(later, select(2, asker:launch "isolate").id)
    service:add { type = "Unisolate", machine_id = id, status = "Failed" }
    assert.same({ 201, "x" }, { (asker:launch "unisolate"),
      select(2, asker:launch "unisolate").requestorComment })
    assert.same({ 1, { true, false } }, { service:launched(id, "unisolate") })
  end)

  it("is refused on request, with the action's id; a live response always is", function()
    local sample = cjson.decode(
      samples.read "error-active-request-already-exists.RECONSTRUCTED.json").error
    for path, oddities in pairs { isolate = { duplicate_as = "error" }, runliveresponse = {} } do
      local asker = new { oddities = oddities }
      local body = published(path == "isolate" and "isolate" or "run-live-response")
      local _, first = asker:launch(path, body)
      local status, answer = asker:launch(path, body)
      assert.equal(400, status)
      assert.equal(sample.code, answer.error.code)
      assert.equal(sample.message:gsub("%x+%-%x+%-%x+%-%x+%-%x+$", "") .. first.id,
        answer.error.message)
    end
  end)
end)

describe("a simulated launch whose answer is lost", function()
  it("has taken effect or not, which the ledger shows", function()
    local asker, service, _, id = new { oddities = {
      lost_before = { operation = "isolate", nth = 1 }, lost_after = { operation = "isolate" } } }
    local function launch()
      return asker.service:answer { method = "POST", path = "/api/machines/" .. id .. "/isolate",
        body = '{"Comment":"x"}', headers = { authorization = "Bearer " .. asker.token,
                                             ["content-type"] = "application/json" } }
    end
    assert.equal("before", launch().lost)
    assert.same({}, asker:ids())
    assert.equal("after", launch().lost)
    assert.equal("after", launch().lost)
    assert.equal(1, #asker:ids())
    assert.same({ 1, { false, true, false } }, { service:launched(id, "isolate") })
  end)

  it("can be of any operation, selected by name", function()
    for name in ([[token download cancel get list package_uri result_uri isolate unisolate restrict
        unrestrict scan collect offboard quarantine live_response machine machines
        find_by_tag find_by_ip tag tag_machines set_device_value library upload
        delete_file]]):gmatch "%S+" do
      new { oddities = { lost_after = { operation = name } } }
    end
    assert.error_matches(function() new { oddities = { late = { operation = "x" } } } end,
      "no operation 'x'")
  end)
end)

describe("simulated live responses", function()
  local GET = { Commands = { { type = "GetFile", params = { { key = "Path", value = "a" } } } } }

  it("are 25 at once", function()
    local asker, service, clock = new { quota = false }
    for _ = 1, 30 do service:add { type = "LiveResponse", age = 9999 } end  -- wait for machines
    local function launch()
      return asker:post("/machines/" .. service:add_machine {} .. "/runliveresponse", GET)
    end
    for _ = 1, 25 do assert.equal(201, (launch())) end
    local status, body = launch()
    assert.equal(429, status)
    assert.equal("TooManyRequests", body.error.code)
    clock.advance(600)
    assert.equal(201, (launch()))
  end)

  it("require no Comment", function()
    local asker = new()
    local status, entity = asker:launch("runliveresponse", GET)
    assert.equal(201, status)
    assert.equal(cjson.null, entity.requestorComment)
  end)
end)

describe("many launches among many actions", function()
  it("are each the newest of the list", function()
    local asker, service, clock = new { quota = false, token_lifetime = 1e6 }
    for i = 1, 10000 do service:add { age = 30000 - i } end
    for _ = 1, 100 do
      local _, entity = asker:launch "isolate"
      assert.same({ entity.id }, asker:ids { top = 1 })
      clock.advance(300)
    end
    local ids = asker:ids { top = 10000, orderby = "creationDateTimeUtc", skip = 10000 }
    assert.equal(100, #ids)
  end)
end)
