-- Tests simulated machines: lists, searches and changes.

local cjson = require "cjson"
local samples = require "spec.support.samples"
local sim = require "spec.support.sim"

local ROLES = { "Machine.Read.All", "Machine.ReadWrite.All" }

local function new(options)
  options = options or {}
  options.roles = options.roles or ROLES
  return sim.new(options)
end

-- The names of the machines of an answer, sorted and joined; or the error's code.
local function names(status, body)
  if status ~= 200 then return body.error.code end
  local list = {}
  for i, machine in ipairs(body.value) do list[i] = machine.computerDnsName end
  table.sort(list)
  return table.concat(list, " ")
end

describe("a simulated machine", function()
  it("has the keys of the published ones, and the other documented ones", function()
    local asker, service = new()
    local id = service:add_machine {}
    local status, machine = asker:ask("GET", "/api/machines/" .. id)
    assert.equal(200, status)
    for _, name in ipairs { "get-machine.json", "list-machines-odata-example4.json" } do
      local published = cjson.decode(samples.read(name))
      for key, value in pairs(published.value and published.value[1] or published) do
        assert.equal(type(value), type(machine[key]), key)
      end
    end
    for key in ("osArchitecture onboardingStatus agentVersion isAadJoined"):gmatch "%S+" do
      assert.not_nil(machine[key], key)
    end
    assert.equal("2026-01-23T19:00:00Z", machine.lastSeen)
    assert.is_truthy(machine.id:find("^" .. ("%x"):rep(40) .. "$"))
    assert.equal(machine.lastIpAddress, machine.ipAddresses[1].ipAddress)
  end)

  it("is as described, with null for false, and empty arrays", function()
    local asker, service = new()
    service:add_machine { id = ("a"):rep(40), computerDnsName = false, riskScore = false,
      aadDeviceId = false, ipAddresses = {}, rbacGroupId = 7, lastSeen = 1769198400.25 }
    local _, machine, answer = asker:ask("GET", "/api/machines/" .. ("A"):rep(40))
    assert.equal(cjson.null, machine.computerDnsName)
    assert.equal(cjson.null, machine.riskScore)
    assert.equal(cjson.null, machine.aadDeviceId)
    assert.equal(7, machine.rbacGroupId)
    assert.equal("2026-01-23T20:00:00.25Z", machine.lastSeen)
    assert.is_truthy(answer.body:find('"machineTags":[]', 1, true))
    assert.is_truthy(answer.body:find('"ipAddresses":[]', 1, true))
    assert.error_matches(function() service:add_machine { dnsName = "x" } end, "'dnsName'")
    assert.has_error(function() service:add_machine { id = ("a"):rep(40) } end)
  end)

  it("is found by id or name; of several, the one seen last", function()
    local asker, service = new()
    local function add(name, age)
      return service:add_machine { computerDnsName = name, lastSeen = 1769198400 - age }
    end
    local old, new_one = add("pc1.corp.example", 90), add("PC1.corp.example", 10)
    local other = add("pc1.emea.example", 5)
    local function found(name)
      local status, machine = asker:ask("GET", "/api/machines/" .. name)
      return status == 200 and machine.id or machine.error.code
    end
    assert.equal(old, found(old))
    assert.equal(new_one, found "pc1.corp.example")
    assert.equal(new_one, found "PC1.CORP.example")
    assert.equal(other, found "pc1.emea%2Eexample")
    assert.equal(other, found "pc1")
    assert.equal("ResourceNotFound", found "pc")
    assert.equal("NotFound", select(2, asker:ask("GET", "/api/machine/" .. old)).error.code)
  end)
end)

describe("the simulated list of machines", function()
  local function several(options)
    local asker, service = new(options)
    for i, name in ipairs { "a", "b", "c" } do
      service:add_machine { computerDnsName = name .. ".example", lastSeen = 1769198400 - i * 3600,
        id = name:rep(40), rbacGroupId = 100 + i, riskScore = i > 1 and "High" or false,
        machineTags = i < 3 and { "VIP", "site-" .. name } or {}, osPlatform = "Windows1" .. i % 2 }
    end
    return asker, service
  end

  it("has all, those seen last first, and supports OData", function()
    local asker = several()
    local function list(query)
      return names(asker:ask("GET", "/api/machines?" .. query:gsub(" ", "%%20")))
    end
    assert.equal("a.example b.example c.example", list "")
    assert.equal("a.example", list "$top=1")
    assert.equal("c.example", list "$skip=2")
    assert.equal("c.example", list "$orderby=lastSeen&$top=1")
    assert.equal("b.example", list "$filter=startswith(computerDnsName,'b')")
    assert.equal("b.example c.example", list "$filter=riskScore+eq+'High'")
    assert.equal("a.example", list "$filter=riskScore eq null")
    assert.equal("a.example c.example", list "$filter=osPlatform eq 'Windows11'")
    assert.equal("b.example", list "$filter=rbacGroupId eq 102")
    assert.equal("b.example c.example", list "$filter=rbacGroupId ge '102'")
    assert.equal("a.example b.example",
      list "$filter=machineTags/any(tag: tag eq 'VIP') and healthStatus eq 'Active'")
    assert.equal("b.example", list "$filter=machineTags/any(t: startswith(t,'site-b'))")
    assert.equal("a.example", list "$filter=lastSeen gt 2026-01-23T18:30:00Z")
    local _, body = asker:ask("GET", "/api/machines?$filter=name%20eq%20'x'")
    assert.is_truthy(body.error.message:find("api.Machine'", 1, true))
    _, body = asker:ask("GET", "/api/machines?$filter=id/any(t:%20t%20eq%20'x')")
    assert.is_truthy(body.error.message:find "not a collection")
    assert.equal(400, (asker:ask("GET", "/api/machines?$top=10001")))
  end)

  it("links pages that together are complete", function()
    local asker = several { page_size = 2 }
    local _, first = asker:ask("GET", "/api/machines")
    local _, second = asker:ask("GET", first["@odata.nextLink"]:match "^https://[^/]+(.*)$")
    assert.equal(3, #first.value + #second.value)
    assert.is_nil(second["@odata.nextLink"])
  end)

  it("is empty, or 404 on request", function()
    assert.equal("", names(new():ask("GET", "/api/machines")))
    local asker = new { oddities = { no_machines_as = 404 } }
    assert.equal("ResourceNotFound", names(asker:ask("GET", "/api/machines")))
    asker = several { oddities = { no_machines_as = 404 } }
    assert.equal("a.example b.example c.example", names(asker:ask("GET", "/api/machines")))
  end)

  it("is searched by tag", function()
    local asker = several()
    local function tagged(query)
      return names(asker:ask("GET", "/api/machines/findbytag?" .. query))
    end
    assert.equal("a.example b.example", tagged "tag=VIP")
    assert.equal("", tagged "tag=site-")
    assert.equal("a.example b.example", tagged "tag=site-&useStartsWithFilter=true")
    assert.equal("", tagged "tag=VI&useStartsWithFilter=false")
    assert.equal("MissingRequiredParameter", tagged "useStartsWithFilter=true")
  end)

  it("is searched by address, within a quarter of an hour of a moment", function()
    local asker, service = new()
    local now = 1769198400  -- 2026-01-23T20:00:00Z
    service:add_machine { computerDnsName = "one", lastIpAddress = "10.0.0.1",
      lastSeen = now - 3600 }
    service:add_machine { computerDnsName = "two", lastIpAddress = "10.0.0.2", lastSeen = now,
      sightings = { { at = now - 86400, ip = "10.0.0.1" } },
      ipAddresses = { { ipAddress = "10.0.0.2" }, { ipAddress = "fe80::1" } } }
    local function at(ip, moment)
      return names(asker:ask("GET",
        ("/api/machines/findbyip(ip='%s',timestamp=%s)"):format(ip, moment)))
    end
    assert.equal("one", at("10.0.0.1", "2026-01-23T19:15:00Z"))
    assert.equal("one", at("10.0.0.1", "2026-01-23T18:45:00Z"))
    assert.equal("", at("10.0.0.1", "2026-01-23T18:44:59Z"))
    assert.equal("two", at("10.0.0.1", "2026-01-22T20:00:00Z"))
    assert.equal("two", at("fe80::1", "2026-01-23T20:00:00Z"))
    assert.equal("InvalidInput", at("10.0.0.1", "2025-12-24T19:59:59Z"))
    assert.equal("InvalidInput", at("10.0.0.1", "2026-01-24T20:00:00Z"))
    assert.equal("InvalidInput", at("10.0.0.1", "yesterday"))
    assert.equal("InvalidIpAddress", at("pc1", "2026-01-23T20:00:00Z"))
    assert.equal("one", names(asker:ask("GET",
      "/api/machines/findbyip%28ip=%2710.0.0.1%27,timestamp=2026-01-23T19%3A00%3A00Z%29")))
  end)
end)

describe("a simulated change of machines", function()
  it("adds and removes tags", function()
    local asker, service = new()
    local id = service:add_machine { machineTags = { "one" } }
    local function tag(body)
      local status, machine = asker:post("/machines/" .. id .. "/tags", body)
      return status == 200 and table.concat(machine.machineTags, " ") or machine.error.code
    end
    local published = cjson.decode(samples.read "machine-tag-request.json")
    assert.equal("one test Tag 2", tag(published))
    assert.equal("one test Tag 2", tag(published))
    assert.equal("test Tag 2", tag { Value = "one", Action = "Remove" })
    assert.equal("test Tag 2", tag { Value = "one", Action = "Remove" })
    assert.same({ 2, { true, false, true, false } }, { service:launched(id, "tag") })
    assert.equal("InvalidInput", tag { Value = "x", Action = "add" })
    assert.equal("MissingRequiredParameter", tag { value = "x", Action = "Add" })
    assert.equal("InvalidRequestBody", tag "x")
    id = ("0"):rep(40)
    assert.equal("ResourceNotFound", tag(published))
  end)

  it("tags up to 500 machines at once, all or none", function()
    local asker, service = new { quota = false }
    local ids = {}
    for i = 1, 501 do ids[i] = service:add_machine {} end
    local function tag(list)
      return asker:post("/machines/AddOrRemoveTagForMultipleMachines",
        { Value = "VIP", Action = "Add", MachineIds = list })
    end
    local function tagged()
      local _, body = asker:ask("GET", "/api/machines/findbytag?tag=VIP")
      return #body.value
    end
    local status, body = tag(ids)
    assert.equal(400, status)
    assert.equal("MaximumBatchSizeExceeded", body.error.code)
    assert.equal(404, (tag { ids[1], ("0"):rep(40) }))
    assert.equal(400, (tag {}))
    assert.equal(0, tagged())
    table.remove(ids)
    status, body = tag(ids)
    assert.equal(200, status)
    assert.equal(500, #body.value)
    assert.equal("VIP", body.value[1].machineTags[1])
    assert.equal(500, tagged())
  end)

  it("sets a device's value", function()
    local asker, service = new()
    local id = service:add_machine {}
    local function set(body) return asker:post("/machines/" .. id .. "/setDeviceValue", body) end
    local status, machine = set(samples.read "set-device-value-request.json")
    assert.equal(200, status)
    assert.equal("High", machine.deviceValue)
    assert.equal(400, (set { DeviceValue = "Highest" }))
    assert.equal(400, (set { Value = "Low" }))
    assert.same({ 1, { true, false, false } }, { service:launched(id, "set_device_value") })
  end)

  it("requires the permission to write", function()
    local asker, service = new { roles = { "Machine.Read.All" } }
    local id = service:add_machine {}
    assert.equal(200, (asker:ask("GET", "/api/machines/" .. id)))
    assert.equal(403, (asker:post("/machines/" .. id .. "/tags", { Value = "x", Action = "Add" })))
  end)
end)
