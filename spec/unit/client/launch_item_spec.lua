-- client:launch_all, and launches that a batch resumes.

local changes = require "mde.client.changes"
local world = require "spec.support.world"

local function new(options)
  options = options or {}
  options.roles = { "Machine.Read.All", "Machine.Isolate", "Machine.Scan" }
  return world.new(options)
end

local function machines(service, count)
  local ids = {}
  for i = 1, count do ids[i] = service:add_machine { lastSeen = service:now() - 60 } end
  return ids
end

-- Launches on all; -> report, verdicts by machine
local function launch(client, kind, targets, options)
  local verdicts = {}
  options.comment = options.comment or "INC0048211"
  function options.on_item(item) verdicts[item.id] = item.verdict end
  return assert(client:launch_all(kind, targets, options)), verdicts
end

-- Each machine has one action of this type.
local function assert_once(service, ids, operation)
  for _, id in ipairs(ids) do assert.equal(1, service:launched(id, operation), id) end
end

local SUCCEEDS = function() return { { 20, "Succeeded" } } end

describe("client:launch_all", function()
  it("launches once on each machine, whatever it is called by", function()
    local client, service = new()
    local ids = machines(service, 30)
    local report = launch(client, "isolate", { ids[1], ids[2]:upper(), { id = ids[1] },
      { id = "x", status = "Pending", machineId = ids[2] }, table.unpack(ids, 3) }, {})
    assert.same({ 30, { launched = 30 } }, { report.total, report.counts })
    assert_once(service, ids, "isolate")
    assert.same({ existing = 30 }, launch(client, "isolate", ids, { comment = "y" }).counts)
  end)

  it("reports how actions end with wait, and refuses one of another scope", function()
    local client, service = new { launch_course = SUCCEEDS }
    local ids = machines(service, 3)
    assert.same({ accepted = 3 }, launch(client, "scan", ids, { wait = 5 }).counts)
    assert.same({ refused = 3 }, launch(client, "scan", ids, { type = "Full" }).counts)
    assert.same({ succeeded = 3 }, launch(client, "scan", ids, { wait = 60 }).counts)
    local other, bad = new { launch_course = function() return { { 1, "Failed" } } end }
    assert.same({ failed = 2 }, launch(other, "isolate", machines(bad, 2), { wait = 60 }).counts)
  end)

  it("has a verdict for each refusal", function()
    local client, service = new()
    local _, verdicts = launch(client, "isolate", { ("a"):rep(40) }, {})
    assert.equal("not_found", verdicts[("a"):rep(40)])
    assert.same({ forbidden = 1 }, launch(client, "collect", machines(service, 1), {}).counts)
  end)

  it("raises wrong use at its caller", function()
    local client = new()
    for _, call in ipairs {
      function() client:launch_all("investigate", {}, { comment = "x" }) end,
      function() client:launch_all("isolate", "x", { comment = "x" }) end,
      function() client:launch_all("isolate", {}, { coment = "x" }) end,
    } do
      local done, raised = pcall(call)
      assert.is_false(done)
      assert.truthy(raised:find "launch_item_spec.lua:%d+: launch_all: ", raised)
    end
    local report, err = client:launch_all("isolate", {}, {})
    assert.same({ nil, "invalid_argument" }, { report, err.code })
  end)

  it("searches for launches whose answers are lost, and launches once", function()
    for _, oddity in ipairs { "lost_after", "lost_before" } do
      local client, service = new {
        oddities = { [oddity] = { chance = 0.2, operation = "isolate" } } }
      local ids = machines(service, 20)
      assert.same({ launched = 20 }, launch(client, "isolate", ids, {}).counts, oddity)
      assert_once(service, ids, "isolate")
    end
  end)
end)

describe("a launch that is resumed", function()
  -- Carries out items as a journal gives them. -> counts of the verdicts
  local function resume(client, ids, fields)
    local i = 0
    local report = assert(changes.run(client, function()
      i = i + 1
      if not ids[i] then return nil end
      local item = { id = ids[i], position = i, change = "isolate", read_first = true,
                     in_flight = true, sends = { 1 }, sent_ago = 300, last_sent_ago = 300 }
      for name, value in pairs(fields or {}) do item[name] = value end
      return item
    end, { comment = "INC0048211" }))
    return report.counts
  end

  it("is found, if it was launched, and else launched", function()
    local client, service, clock = new()
    local ids = machines(service, 10)
    launch(client, "isolate", { table.unpack(ids, 1, 5) }, {})
    clock.advance(250)
    assert.same({ launched = 10 }, resume(client, ids))
    assert_once(service, ids, "isolate")
  end)

  it("is no older action with the same comment", function()
    local client, service, clock = new { launch_course = SUCCEEDS }
    local ids = machines(service, 2)
    launch(client, "isolate", ids, { wait = 60 })
    clock.advance(400)
    assert.same({ launched = 2 }, resume(client, ids))
    assert.equal(2, service:launched(ids[1], "isolate"))
  end)

  it("waits for a list to have it, if it was sent just now", function()
    local client, service, clock = new { oddities = { list_lags = 20 } }
    local ids = machines(service, 5)
    launch(client, "isolate", ids, {})
    local began = clock.monotonic()
    assert.same({ launched = 5 }, resume(client, ids, { sent_ago = 2, last_sent_ago = 2 }))
    assert.is_true(clock.monotonic() - began < 130)
    assert_once(service, ids, "isolate")
  end)

  it("is read by its id, if that is known", function()
    local client, service, clock = new { launch_course = SUCCEEDS }
    local ids = machines(service, 1)
    local action = assert(client:isolate(ids[1], { comment = "INC0048211" }))
    local item = { in_flight = false, verdict = "accepted", launched = action.id }
    assert.same({ accepted = 1 }, resume(client, ids, item))
    clock.advance(60)
    assert.same({ succeeded = 1 }, resume(client, ids, item))
    assert_once(service, ids, "isolate")
  end)
end)
