-- The state of machines, derived from actions.

local isolation = require "mde.client.isolation"
local world = require "spec.support.world"

local WEB, DB = ("a"):rep(40), ("b"):rep(40)

local function text(seconds)
  return ("2026-01-01T00:%02d:%02dZ"):format(math.floor(seconds / 60), seconds % 60)
end

-- Actions, the oldest first, of { type, status, moment of its end, machine, scope }.
local function rows(state, list)
  local fold = isolation.fold(state)
  for i, given in ipairs(list) do
    fold:add { id = i, type = given[1], status = given[2], creationDateTimeUtc = text(i),
               lastUpdateDateTimeUtc = text(given[3] or i), machineId = given[4] or WEB,
               scope = given[5], computerDnsName = "web1", requestor = "r" .. i,
               requestorComment = "c" .. i }
  end
  return fold:rows()
end

-- The row of one machine: state, the ids of its action and its conflict.
local function told(list, state)
  local found = rows(state or "isolated", list)
  assert.is_true(#found < 2)
  local row = found[1]
  return row and { row.state, row.action.id, row.conflict and row.conflict.id } or {}
end

describe("what is isolated", function()
  it("is derived from the actions that succeeded", function()
    assert.same({}, told {})
    assert.same({ "isolated", 1 }, told { { "Isolate", "Succeeded" } })
    assert.same({}, told { { "Isolate", "Succeeded" }, { "Unisolate", "Succeeded" } })
    assert.same({ "isolated", 3 }, told { { "Isolate", "Succeeded" }, { "Unisolate", "Succeeded" },
                                          { "Isolate", "Succeeded" } })
    assert.same({}, told { { "Unisolate", "Succeeded" } })
    assert.same({}, told { { "RestrictCodeExecution", "Succeeded" }, { "Offboard", "Succeeded" } })
  end)

  it("is not derived from actions that failed, were cancelled or timed out", function()
    for _, status in ipairs { "Failed", "Cancelled", "TimeOut", "Unknown" } do
      assert.same({}, told { { "Isolate", status } })
      assert.same({ "isolated", 1 }, told { { "Isolate", "Succeeded" }, { "Unisolate", status } })
    end
  end)

  it("shows what is pending: not yet so, or a conflict", function()
    for _, status in ipairs { "Pending", "InProgress" } do
      assert.same({ "isolating", 1 }, told { { "Isolate", status } })
      assert.same({ "isolated", 1, 2 },
        told { { "Isolate", "Succeeded" }, { "Unisolate", status } })
      assert.same({ "isolating", 3 },
        told { { "Isolate", "Succeeded" }, { "Unisolate", "Succeeded" }, { "Isolate", status } })
      assert.same({ "isolating", 1, 2 }, told { { "Isolate", status }, { "Unisolate", status } })
      assert.same({ "isolated", 1 }, told { { "Isolate", "Succeeded" }, { "Isolate", status } })
      assert.same({}, told { { "Unisolate", status } })
    end
  end)

  it("goes by when actions ended, since the first of them", function()
    assert.same({ "isolated", 1 }, told { { "Isolate", "Succeeded", 50 },
                                          { "Unisolate", "Succeeded", 20 } })
    local found = rows("isolated", { { "Isolate", "Succeeded", 10, WEB, "Selective" },
                                     { "Isolate", "Succeeded", 20, WEB:upper(), "Full" },
                                     { "Isolate", "Succeeded", 30, DB } })
    assert.equal(2, #found)
    local row = found[2]
    assert.same({ WEB, "web1", text(10), "r1", "c1", "Full" },
      { row.machine_id, row.machine, row.since, row.by, row.comment, row.scope })
    assert.equal(DB, found[1].machine_id)
  end)

  it("has all that made it so since it was last undone", function()
    local function causes(...)
      local fold, ids = isolation.fold "isolated", {}
      for i, given in ipairs { ... } do
        fold:add { id = i, type = given[1], status = "Succeeded", machineId = WEB,
                   creationDateTimeUtc = text(i), lastUpdateDateTimeUtc = text(given[2]) }
      end
      for i, action in ipairs(fold.machines[WEB].causes) do ids[i] = action.id end
      return ids
    end
    assert.same({ 1, 2 }, causes({ "Isolate", 10 }, { "Isolate", 20 }))
    assert.same({ 1, 2 }, causes({ "Isolate", 20 }, { "Isolate", 10 }))
    assert.same({ 3 }, causes({ "Isolate", 10 }, { "Unisolate", 20 }, { "Isolate", 30 }))
    assert.same({ 1 }, causes({ "Isolate", 30 }, { "Isolate", 10 }, { "Unisolate", 20 }))
    assert.same({}, causes({ "Unisolate", 30 }, { "Isolate", 20 }))
  end)

  it("is derived for restrictions likewise", function()
    assert.same({ "restricted", 1, 2 }, told({ { "RestrictCodeExecution", "Succeeded" },
      { "UnrestrictCodeExecution", "Pending" }, { "Unisolate", "Succeeded" } }, "restricted"))
    assert.same({ "restricting", 1 },
      told({ { "RestrictCodeExecution", "Pending" } }, "restricted"))
  end)
end)

describe("client:isolated", function()
  local client, service

  before_each(function()
    client, service = world.new()
    service:add { age = 90 * 86400, type = "RunAntiVirusScan", status = "Succeeded" }
    service:add { age = 40 * 86400, status = "Succeeded", machine_id = WEB, dns_name = "web1.x.com",
                  requestor = "sara@x.com", comment = "beacon", scope = "Full" }
    service:add { age = 86400, type = "Unisolate", machine_id = WEB, dns_name = "web1.x.com" }
    service:add { age = 3600, status = "Succeeded", machine_id = DB, dns_name = "db1.x.com" }
    service:add { age = 60, machine_id = false, dns_name = false }
    service:add { age = 60, type = "RestrictCodeExecution", status = "Succeeded", machine_id = DB }
  end)

  it("says who did it, why, since when, and how far back that is known", function()
    local list = assert(client:isolated())
    assert.equal(2, #list)
    assert.equal(DB, list[1].machine_id)
    local row = list[2]
    assert.same({ WEB, "web1.x.com", "isolated", "sara@x.com", "beacon", "Full", "Unisolate" },
      { row.machine_id, row.machine, row.state, row.by, row.comment, row.scope, row.conflict.type })
    assert.equal(row.action.lastUpdateDateTimeUtc, row.since)
    local oldest = assert(client:list { order = "oldest", limit = 1 })[1]
    assert.equal(oldest.creationDateTimeUtc, list.reach.from)
    for _, words in ipairs { oldest.creationDateTimeUtc, "Earlier actions are unknown", "portal",
                             "1 pending action" } do
      assert.truthy(list.reach.note:find(words, 1, true), list.reach.note)
    end
  end)

  it("asks for one machine, for restrictions, or for some time", function()
    assert.equal(WEB, assert(client:isolated { machine = WEB })[1].machine_id)
    local list = assert(client:isolated { machine = "DB1.x.com" })
    assert.same({ 1, DB }, { #list, list[1].machine_id })
    list = assert(client:isolated { restricted = true })
    assert.same({ 1, DB, "restricted" }, { #list, list[1].machine_id, list[1].state })
    list = assert(client:isolated { since = "30d" })
    assert.same({ 1, DB }, { #list, list[1].machine_id })
    assert.truthy(list.reach.from > "2026-01-20")
    assert.equal(2, #assert(client:isolated { since = "2025-01-01T00:00:00Z" }))
  end)

  it("reports nothing if there is no history", function()
    local list = assert(world.new():isolated())
    assert.same({ 0, nil }, { #list, list.reach.from })
    assert.truthy(list.reach.note:find "empty")
  end)

  it("gives an error, never a part", function()
    for _, options in ipairs { { since = "x" }, { since = {} }, { machine = "" } } do
      local list, err = client:isolated(options)
      assert.same({ nil, "invalid_argument" }, { list, err.code })
    end
    assert.has_error(function() client:isolated { scope = "Full" } end)
    client = world.new { oddities = { unavailable = { operation = "list" } } }
    local list, err = client:isolated()
    assert.same({ nil, "service" }, { list, err.code })
  end)
end)
