-- Tests the contents of the simulated incident.

local cjson = require "cjson"
local clocks = require "mde.simulator.clock"
local incident = require "mde.simulator.incident"

local function new(options)
  options = options or {}
  options.clock = clocks.new()
  return incident.service(options)
end

-- All actions as the service lists them, newest first.
-- -> array, the answer's body
local function listed(service, query)
  local answer = service:answer { method = "GET", path = "/api/machineactions" .. (query or ""),
    headers = { authorization = "Bearer " .. service:token() } }
  return cjson.decode(answer.body).value, answer.body
end

local MISTAKEN = "?$filter=status%20eq%20'Pending'%20and%20requestor%20eq%20'soar@contoso.com'"

describe("the incident", function()
  it("has the mistaken isolations, Pending, within minutes half an hour ago", function()
    local service, ids = new()
    local actions, known = listed(service, MISTAKEN), {}
    assert.equal(312, #ids)
    assert.equal(312, #actions)
    for _, id in ipairs(ids) do known[id] = true end
    for _, action in ipairs(actions) do
      assert.is_true(known[action.id])
      assert.equal("Isolate", action.type)
      assert.equal(incident.comment, action.requestorComment)
      assert.is_truthy(action.creationDateTimeUtc:find "^2026%-01%-23T19:3[0-6]:")
    end
  end)

  it("has other actions that must stay", function()
    local counts = {}
    for _, action in ipairs(listed((new()))) do
      local soar = action.requestor == incident.requestor and " by mistake" or ""
      local key = action.type .. " " .. action.status .. soar
      counts[key] = (counts[key] or 0) + 1
    end
    assert.equal(312, counts["Isolate Pending by mistake"])
    assert.equal(9, counts["Isolate Pending"])
    assert.equal(26, counts["LiveResponse Pending"])
    assert.equal(14, counts["RunAntiVirusScan InProgress"])
    assert.is_true(counts["RunAntiVirusScan Succeeded"] > 30)
    assert.is_true(counts["RunAntiVirusScan Failed"] > 3)
    assert.is_true(counts["Unisolate Succeeded"] > 5)
    assert.is_nil(counts["Isolate Succeeded by mistake"])
  end)

  it("has each id and each open machine once", function()
    local ids, machines = {}, {}
    for _, action in ipairs(listed((new()))) do
      assert.is_nil(ids[action.id])
      ids[action.id] = true
      if action.status == "Pending" and action.machineId ~= cjson.null then
        assert.is_nil(machines[action.machineId])
        machines[action.machineId] = true
        assert.is_truthy(action.computerDnsName:find "^%l+%-%l+%-%d+%.corp%.contoso%.com$")
      end
    end
  end)

  it("has a record of each machine, with the fields that policies use", function()
    local service = new()
    local counts, names, shorts = {}, {}, {}
    for _, action in ipairs(service.actions) do
      assert.is_true(not action.machine_id or service.machine_by_id[action.machine_id] ~= nil)
    end
    for _, machine in ipairs(service.machines) do
      for _, tag in ipairs(machine.machineTags) do counts[tag] = (counts[tag] or 0) + 1 end
      for _, key in ipairs { "healthStatus", "riskScore", "deviceValue", "rbacGroupName" } do
        counts[machine[key]] = (counts[machine[key]] or 0) + 1
      end
      local name = machine.computerDnsName
      names[name], shorts[name:match "^[^.]+"] = (names[name] or 0) + 1,
        (shorts[name:match "^[^.]+"] or 0) + 1
    end
    for _, word in ipairs { "VIP", "crown-jewel", "Inactive", "High", "Executives", "Servers" } do
      assert.is_true(counts[word] > 5, word)
    end
    local same_name, same_short = 0, 0
    for _, count in pairs(names) do same_name = same_name + (count > 1 and 1 or 0) end
    for _, count in pairs(shorts) do same_short = same_short + (count > 1 and 1 or 0) end
    assert.same({ 1, 2 }, { same_name, same_short })
  end)

  it("keeps machines isolated whose release failed", function()
    local service, courses, known = new(), {}, {}
    local actions = listed(service)
    for i = #actions, 1, -1 do
      local action = actions[i]
      local isolation = action.type == "Isolate" or action.type == "Unisolate"
      if isolation and action.machineId ~= cjson.null then
        local past = courses[action.machineId]
        courses[action.machineId] = (past and past .. ", " or "") .. action.type .. " "
          .. action.status
      end
    end
    for _, course in pairs(courses) do known[course] = (known[course] or 0) + 1 end
    for _, course in ipairs { "Isolate Succeeded", "Isolate Failed",
        "Isolate Succeeded, Unisolate Succeeded", "Isolate Succeeded, Unisolate Failed",
        "Isolate Succeeded, Unisolate Cancelled",
        "Isolate Succeeded, Unisolate Succeeded, Isolate Pending" } do
      assert.is_true((known[course] or 0) > 0, course)
    end
  end)

  it("gives its application every permission", function()
    local service = new()
    local id = service.machines[1].id
    local function post(path, body)
      return service:answer { method = "POST", path = "/api/machines/" .. id .. path,
        headers = { authorization = "Bearer " .. service:token(),
                    ["content-type"] = "application/json" }, body = body }.status
    end
    assert.equal(201, post("/unisolate", '{"Comment":"x"}'))
    assert.equal(200, post("/tags", '{"Value":"x","Action":"Add"}'))
    assert.equal(404, post("/startInvestigation", '{"Comment":"x"}'))
  end)

  it("is the same for the same seed, and different for another", function()
    local _, one = listed((new { seed = 5, mistaken = 20 }))
    local _, same = listed((new { seed = 5, mistaken = 20 }))
    local _, other = listed((new { seed = 6, mistaken = 20 }))
    assert.equal(one, same)
    assert.not_equal(one, other)
  end)

  it("has the requested size, and passes other options to the service", function()
    local service, ids = new { mistaken = 3, history = 0, quota = { per_minute = 1 } }
    assert.equal(3, #ids)
    assert.equal(3 + 9 + 26 + 14, #(listed(service)))
    local answer = service:answer { method = "GET", path = "/api/machineactions",
      headers = { authorization = "Bearer " .. service:token() } }
    assert.equal(429, answer.status)
    assert.error_matches(function() new { mistakes = 3 } end, "unknown option 'mistakes'")
  end)
end)
