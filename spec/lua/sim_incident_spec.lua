local cjson = require "cjson"
local clocks = require "mde.sim.clock"
local incident = require "mde.sim.incident"

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

  it("has others among them that must stay", function()
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

  it("is the same for the same seed, and another for another", function()
    local _, one = listed((new { seed = 5, mistaken = 20 }))
    local _, same = listed((new { seed = 5, mistaken = 20 }))
    local _, other = listed((new { seed = 6, mistaken = 20 }))
    assert.equal(one, same)
    assert.not_equal(one, other)
  end)

  it("has as many as asked, and hands other options to the service", function()
    local service, ids = new { mistaken = 3, history = 0, quota = { per_minute = 1 } }
    assert.equal(3, #ids)
    assert.equal(3 + 9 + 26 + 14, #(listed(service)))
    local answer = service:answer { method = "GET", path = "/api/machineactions",
      headers = { authorization = "Bearer " .. service:token() } }
    assert.equal(429, answer.status)
    assert.error_matches(function() new { mistakes = 3 } end, "unknown option 'mistakes'")
  end)
end)
