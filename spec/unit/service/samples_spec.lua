-- Tests the published samples: each is decoded or refused.

local answer = require "mde.service.response"
local clocks = require "mde.simulator.clock"
local core = require "mde.core"
local date = require "mde.base.date"
local entity = require "mde.service.entity"
local json = require "mde.service.json"
local kinds = require "mde.service.kinds"
local samples = require "spec.support.samples"

local read = entity.reader(clocks.new(1769199040))

-- Those that hold one action, and those that hold a list.
local SINGLE = { "machine-action-resource.json", "get-machine-action.json",
  "run-live-response-response.json", "real-isolate-created-2026.json",
  "real-scan-created-2024.json", "real-offboard-created-null-machineid.json",
  "real-liveresponse-created-null-machine.json", "real-liveresponse-inprogress.json" }
local LISTS = { "list-machine-actions-example1.json",
  "list-machine-actions-example2-filter-top2.json", "list-machine-actions-odata-example6.json",
  "real-list-liveresponse-succeeded.json", "real-list-isolate-succeeded-2020.json" }

local function single(name)
  return read(assert(answer.action(samples.response(name, 200))))
end

local function list(name)
  local actions = assert(answer.actions(samples.response(name, 200)))
  for i, fields in ipairs(actions) do actions[i] = read(fields) end
  return actions
end

local function each_action(check)
  for _, name in ipairs(SINGLE) do check(single(name), name) end
  for _, name in ipairs(LISTS) do
    for _, action in ipairs(list(name)) do check(action, name) end
  end
end

-- Reports if a value in a table is neither text, number, boolean nor table.
local function has_stranger(value)
  if type(value) ~= "table" then
    return type(value) ~= "string" and type(value) ~= "number" and type(value) ~= "boolean"
  end
  for _, inner in pairs(value) do
    if has_stranger(inner) then return true end
  end
  return false
end

describe("the samples", function()
  it("are all decoded if they are JSON", function()
    local names = samples.names "%.json$"
    assert.is_true(#names >= 44)
    for _, name in ipairs(names) do
      local value, message = json.decode(samples.read(name))
      assert.is_table(value, name .. ": " .. tostring(message))
      assert.is_false(has_stranger(value), name)
    end
  end)

  it("are refused if they are not JSON", function()
    assert.equal(2, #samples.names "INVALID")
    assert.is_nil((json.decode(samples.read "list-machines.published-INVALID.txt")))
    for _, name in ipairs(samples.names "INVALID") do
      for _, status in ipairs { 200, 404, 500 } do
        local got = samples.response(name, status)
        assert.equal("bad_answer", select(2, answer.action(got)).code)
        assert.equal("bad_answer", select(2, answer.actions(got)).code)
        assert.is_nil(tostring(answer.error(got)):find "%c")
      end
    end
  end)

  it("are refused as actions and as lists if they are something else", function()
    local good = {}
    for _, name in ipairs(SINGLE) do good[name] = "action" end
    for _, name in ipairs(LISTS) do good[name] = "actions" end
    for _, name in ipairs(samples.names "%.json$") do
      local got = samples.response(name, 200)
      assert.equal(good[name] == "action", answer.action(got) ~= nil, name)
      assert.equal(good[name] == "actions", answer.actions(got) ~= nil, name)
    end
  end)

  it("are all in the index", function()
    local index = samples.read "INDEX.md"
    for _, name in ipairs(samples.names "%.") do
      assert.is_truthy(name == "INDEX.md" or index:find(name, 1, true), name)
    end
  end)
end)

describe("a published action", function()
  it("has an id, a known type and status, and dates that can be parsed", function()
    local types, statuses, count = {}, {}, 0
    for _, name in ipairs(kinds.types) do types[name] = true end
    for _, name in ipairs(kinds.statuses) do statuses[name] = true end
    each_action(function(action, name)
      count = count + 1
      assert.is_truthy(action.id:find "^%S+$", name)
      assert.is_true(types[action.type], name)
      assert.is_true(statuses[action.status], name)
      assert.is_string(action.requestor, name)
      local created = date.parse(action.creationDateTimeUtc)
      local updated = date.parse(action.lastUpdateDateTimeUtc)
      assert.is_true(created > 1.5e9 and created <= updated and updated < 1.8e9, name)
      assert.equal(1769199040 - created, action:age())
      assert.equal(action.status == "Succeeded", action:is_final(), name)
    end)
    assert.equal(16, count)
  end)

  it("lacks the null fields", function()
    each_action(function(action, name)
      for _, key in ipairs { "title", "cancellationRequestor", "cancellationComment", "externalId",
                             "cancellationDateTimeUtc", "troubleshootInfo", "lastUpdateTimeUtc" } do
        assert.is_nil(action[key], name .. ": " .. key)
      end
    end)
    for _, name in ipairs { "real-offboard-created-null-machineid.json",
                            "real-liveresponse-created-null-machine.json" } do
      local action = single(name)
      assert.same({}, { action.machineId, action.computerDnsName, action.scope })
      assert.equal("Pending", action.status)
    end
  end)

  it("has the code 0 if nothing failed", function()
    local action = single "real-isolate-created-2026.json"
    assert.equal("0", tostring(action.errorHResult))
    if math.type then assert.equal("integer", math.type(action.errorHResult)) end
  end)
end)

describe("a published date", function()
  it("has any number of digits of fraction", function()
    local done = list("real-list-liveresponse-succeeded.json")[1]
    assert.near(1679173320.3538594, date.parse(done.creationDateTimeUtc), 1e-6)
    assert.near(1679173481.93163, date.parse(done.lastUpdateDateTimeUtc), 1e-6)
    assert.near(1679173441.92, date.parse(done.commands[1].startTime), 1e-6)
    assert.near(1679173444.693, date.parse(done.commands[1].endTime), 1e-6)
    local offboard = single "real-offboard-created-null-machineid.json"
    assert.near(1657636759.610309, date.parse(offboard.lastUpdateDateTimeUtc), 1e-6)
  end)

  it("may be one of a machine", function()
    local machine = json.decode(samples.read "list-machines-odata-example4.json").value[1]
    assert.is_number(date.parse(machine.firstSeen))
    assert.is_number(date.parse(machine.lastSeen))
  end)
end)

describe("published values", function()
  it("are those of the isolation", function()
    local action = single "get-machine-action.json"
    assert.same({ "5382f7ea-7557-4ab7-9782-d50480024a4e", "Isolate", "Selective", "Succeeded",
                  "Analyst@TestPrd.onmicrosoft.com", "test for docs", "desktop-test",
                  "7b1f4967d9728e5aa3c06a9e617a22a4a5a17378" },
      { action.id, action.type, action.scope, action.status, action.requestor,
        action.requestorComment, action.computerDnsName, action.machineId })
    assert.near(1546439978.2262283, date.parse(action.creationDateTimeUtc), 1e-6)
    assert.near(1546440044.6596267, date.parse(action.lastUpdateDateTimeUtc), 1e-6)
  end)

  it("are those of the list, whose update date has another key", function()
    local actions = list "list-machine-actions-example1.json"
    assert.same({ "CollectInvestigationPackage", "RunAntiVirusScan", "StopAndQuarantineFile" },
      { actions[1].type, actions[2].type, actions[3].type })
    assert.equal("2018-12-04T12:16:14.2899973Z", actions[3].lastUpdateDateTimeUtc)
    assert.same({ fileIdentifier = "a0c659857ccbe457fdaf5fe21d54efdcbf6f6508",
                  fileIdentifierType = "Sha1" }, actions[3].relatedFileInfo)
    assert.is_nil(actions[1].relatedFileInfo)
  end)

  it("are those of the live response", function()
    local action = single "real-liveresponse-inprogress.json"
    assert.same({ index = 0, commandStatus = "Created", errors = {}, command = {
      type = "RunScript", params = { { key = "ScriptName", value = "Invoke-LRCollection.ps1" },
                                     { key = "Args", value = "-casenum SIR0001337" } } } },
      action.commands[1])
    local path = single("run-live-response-response.json").commands[2].command.params[1].value
    assert.equal("C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip", path)
  end)

  it("are integers in Luas that have them", function()
    local machine = json.decode(samples.read "get-machine.json")
    assert.equal("140", tostring(machine.rbacGroupId))
    assert.equal("18209", tostring(machine.osBuild))
  end)

  it("keep a NUL", function()
    local transcript = json.decode(samples.read "live-response-transcript.json")
    assert.equal("51 MB\n\0\0\0", transcript.script_output:sub(-9))
  end)
end)

describe("the published request", function()
  it("is equal to that of a cancel", function()
    local published = json.decode(samples.read "cancel-request.json")
    local id = "988cc94e-7a8f-4b28-ab65-54970c5d5018"
    local encoded = core.operation.encode("cancel", { id = id, comment = published.Comment })
    assert.equal("/api/machineactions/" .. id .. "/cancel", encoded.path)
    assert.equal("POST", encoded.method)
    assert.same(published, encoded.fields)
  end)
end)
