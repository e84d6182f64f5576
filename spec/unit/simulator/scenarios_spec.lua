-- Tests each scenario of the incident.

local cjson = require "cjson"
local clocks = require "mde.simulator.clock"
local colleague = require "mde.simulator.colleague"
local incident = require "mde.simulator.incident"
local scenarios = require "mde.simulator.scenarios"

-- A service in a scenario, without a quota. -> ask(method, path, body), service, ids, clock
local function new(name)
  local clock = clocks.new()
  local service, ids = incident.service { scenario = name, clock = clock, quota = false }
  local headers = { authorization = "Bearer " .. service:token(),
                    ["content-type"] = "application/json" }
  local function ask(method, path, body)
    local answer = service:answer { method = method, path = "/api" .. path, headers = headers,
                                    body = body }
    return answer.lost or answer.status, answer
  end
  return ask, service, ids, clock
end

local function cancel(ask, id)
  return ask("POST", "/machineactions/" .. id .. "/cancel", '{"Comment":"x"}')
end

local function launch(ask, machine_id, operation)
  return ask("POST", "/machines/" .. machine_id .. "/" .. operation, '{"Comment":"x"}')
end

-- Counts each result of `f(id)` over the ids.
local function count(ids, f)
  local counts = {}
  for _, id in ipairs(ids) do
    local key = f(id)
    counts[key] = (counts[key] or 0) + 1
  end
  return counts
end

describe("the scenario", function()
  it("misfire is the default, and an unknown one is refused", function()
    local _, service, ids = new()
    local _, same = new "misfire"
    assert.equal(same.actions[1].id, service.actions[1].id)
    assert.same({ Pending = 312 }, count(ids, function(id) return service:status(id) end))
    assert.has_error(function() new "misfires" end)
  end)

  it("took-effect has half of the isolations InProgress or Succeeded", function()
    local _, service, ids = new "took-effect"
    assert.same({ Pending = 156, InProgress = 78, Succeeded = 78 },
      count(ids, function(id) return service:status(id) end))
  end)

  it("stuck keeps actions launched on offline machines Pending", function()
    local ask, service, ids, clock = new "stuck"
    clock.advance(1200)
    assert.same({ Pending = 60 }, count(ids, function(id) return service:status(id) end))
    for _, id in ipairs(ids) do
      local action = service.by_id[id]
      local machine = service.machine_by_id[action.machine_id]
      assert.equal("Inactive", machine.healthStatus)
      assert.is_true(machine.lastSeen < action.created)
      assert.is_true(service:now() - action.created > 86400)
    end
    local machine_id = service.by_id[ids[1]].machine_id
    assert.equal(201, (launch(ask, machine_id, "collectInvestigationPackage")))
    clock.advance(1200)
    assert.is_truthy(service:open(machine_id, "CollectInvestigationPackage", service:now()))
  end)

  it("stuck has no live response session free until two are cancelled", function()
    local ask, service = new "stuck"
    local waiting, online = {}, nil
    for _, action in ipairs(service.actions) do
      if action.type == "LiveResponse" and service:status(action.id) == "Pending" then
        waiting[#waiting + 1] = action.id
      end
    end
    for _, machine in ipairs(service.machines) do
      if machine.healthStatus == "Active" then online = machine.id end
    end
    local function respond()
      return (ask("POST", "/machines/" .. online .. "/runliveresponse", cjson.encode { Commands = {
        { type = "GetFile", params = { { key = "Path", value = "C:\\x" } } } }, Comment = "x" }))
    end
    assert.equal(26, #waiting)
    assert.equal(429, respond())
    assert.equal(200, (cancel(ask, waiting[1])))
    assert.equal(429, respond())
    assert.equal(200, (cancel(ask, waiting[2])))
    assert.equal(201, respond())
  end)

  it("outage begins after 40 changes and ends after a minute", function()
    local ask, service, ids, clock = new "outage"
    for i = 1, 40 do assert.equal(200, (cancel(ask, ids[i]))) end
    local failed = {}
    for i = 41, 80 do
      local status = cancel(ask, ids[i])
      failed[status] = (failed[status] or 0) + 1
      assert.same({ 1, { false } }, { service:posted(ids[i]) })
    end
    assert.equal(40, failed[500] + failed[503])
    assert.is_not.equal(200, (ask("GET", "/machineactions")))
    clock.advance(60)
    assert.equal(200, (ask("GET", "/machineactions")))
    assert.equal(200, (cancel(ask, ids[41])))
  end)

  it("forbidden refuses half of the machines, and releases", function()
    local ask, service, ids = new "forbidden"
    local counts = count(ids, function(id) return (cancel(ask, id)) end)
    assert.equal(312, counts[200] + counts[403])
    assert.is_true(counts[403] > 130 and counts[403] < 182)
    assert.same({ [403] = 312 }, count(ids, function(id)
      return (launch(ask, service.by_id[id].machine_id, "unisolate"))
    end))
  end)

  it("throttled answers some calls with 429 and a Retry-After", function()
    local ask, service, ids = new "throttled"
    local counts = count(ids, function(id)
      local status, answer = cancel(ask, id)
      assert.equal(status == 429 and "5" or nil, answer.headers["retry-after"])
      assert.equal(status == 200, service:status(id) == "Cancelled")
      return status
    end)
    assert.is_true(counts[429] > 5 and counts[429] < 30)
  end)

  it("lossy loses changes before and after they took effect, and no reads", function()
    local ask, service, ids = new "lossy"
    local counts = count(ids, function(id)
      local result = cancel(ask, id)
      assert.equal(result ~= "before", service:status(id) == "Cancelled")
      assert.equal(200, (ask("GET", "/machineactions/" .. id)))
      return result
    end)
    assert.is_true(counts.before > 15 and counts.after > 15 and counts[200] > 220)
  end)

  it("lagging shows changes after 15 seconds", function()
    local ask, service, ids, clock = new "lagging"
    assert.equal(200, (cancel(ask, ids[1])))
    local machine_id = service.by_id[ids[1]].machine_id
    local _, answer = launch(ask, machine_id, "collectInvestigationPackage")
    local id = cjson.decode(answer.body).id
    local function seen()
      local _, list = ask("GET", "/machineactions?$top=10000")
      return (ask("GET", "/machineactions/" .. id)), (cancel(ask, id)),
        list.body:find(id, 1, true) ~= nil
    end
    assert.same({ 404, 404, false }, { seen() })
    clock.advance(16)
    assert.same({ 200, 200, true }, { seen() })
  end)

  it("other-admin releases and isolates the same machines", function()
    local ask, service, ids, clock = new "other-admin"
    assert.equal(200, (ask("GET", "/machineactions")))
    local before = #service.actions
    clock.advance(120)
    assert.equal(200, (ask("GET", "/machineactions")))
    local own, types, cancelled = {}, {}, 0
    for _, id in ipairs(ids) do
      local action = service.by_id[id]
      own[action.machine_id] = true
      if action.cancellation then
        assert.equal(colleague.name, action.cancellation.requestor)
        cancelled = cancelled + 1
      end
    end
    for i = before + 1, #service.actions do
      local action = service.actions[i]
      assert.equal(colleague.name, action.requestor)
      assert.is_true(own[action.machine_id])
      types[action.type] = (types[action.type] or 0) + 1
    end
    assert.equal(20, types.Isolate)
    assert.is_true(types.Unisolate > 0)
    assert.is_true(cancelled > 10 and cancelled <= 40 - types.Unisolate)
  end)

  it("other-admin has one course of events for one seed", function()
    local function ids_of()
      local ask, service, _, clock = new "other-admin"
      ask("GET", "/machineactions")
      clock.advance(60)
      ask("GET", "/machineactions")
      return service.actions[#service.actions].id
    end
    assert.equal(ids_of(), ids_of())
  end)

  it("loopback has machines at loopback addresses, each with an open action", function()
    local ask, service = new "loopback"
    local _, answer = ask("GET", "/machines")
    local found = 0
    for _, machine in ipairs(cjson.decode(answer.body).value) do
      local number = tonumber(machine.lastIpAddress:match "^127%.0%.0%.(%d+)$")
      if number then
        found = found + 1
        assert.is_true(number >= 2 and number <= 13)
        assert.equal("Active", machine.healthStatus)
        local kind = number % 2 == 0 and "LiveResponse" or "Isolate"
        assert.truthy(service:open(machine.id, kind, service:now()))
      end
    end
    assert.equal(12, found)
  end)

  it("has one line each", function()
    for _, scenario in ipairs(scenarios) do
      assert.equal(scenario, scenarios[scenario.name])
      assert.is_true(#scenario.about <= 72 and scenario.about:find "%.$" ~= nil, scenario.about)
    end
  end)
end)
