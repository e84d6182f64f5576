-- Reading lags behind launching: for some seconds, a new action is not found.

local world = require "spec.support.world"

local LAGS = { 1, 3, 9, 25, 55 }  -- seconds

local function slow() return { { 400, "Succeeded" } } end

-- A client of a service whose reads lag, with a machine, and the notices of the client.
local function new(lag, options)
  local given = { oddities = { reading_lags = lag } }
  for name, value in pairs(options or {}) do given[name] = value end
  local client, service, clock = world.new(given)
  client.notices_seen = {}
  function client.on_notice(notice) table.insert(client.notices_seen, notice) end
  return client, service, clock, service:add_machine {}
end

local function id_of(number) return ("00000000-0000-4000-8000-%012d"):format(number) end

describe("an action that was just launched", function()
  it("is read, cancelled and waited for", function()
    for _, lag in ipairs(LAGS) do
      local client, _, _, machine = new(lag, { launch_course = slow })
      local action = assert(client:isolate(machine, { comment = "x" }))
      assert.equal(action.id, assert(client:action(action.id)).id)
      client, _, _, machine = new(lag, { launch_course = slow })
      action = assert(client:isolate(machine, { comment = "x" }))
      local read, verdict = client:cancel(action.id, { comment = "y" })
      assert.same({ "Cancelled", "cancelled" }, { read.status, verdict }, lag)
      client, _, _, machine = new(lag)
      action = assert(client:isolate(machine, { comment = "x" }))
      assert.equal("Succeeded", assert(client:wait(action.id)).status, lag)
    end
  end)

  it("is cancelled once, by a batch and by another process too", function()
    for _, lag in ipairs { 1, 3, 9 } do
      local client, service, _, machine = new(lag, { launch_course = slow })
      local ids = { assert(client:isolate(machine, { comment = "x" })).id }
      for i = 2, 30 do ids[i] = service:add { age = 0 } end
      local other = world.client(service, client.engine)
      local report = assert(other:cancel_all(ids, { comment = "y" }))
      assert.same({ cancelled = 30 }, report.counts, lag)
    end
  end)

  it("stays unknown if the batch is stopped before the second look", function()
    local client, _, _, machine = new(25, { launch_course = slow })
    local id = assert(client:isolate(machine, { comment = "x" })).id
    local other = world.client(client.engine.service, client.engine)
    local stop_asked = false
    function other.on_notice(notice) stop_asked = notice.code == "not_found" end
    local report = assert(other:cancel_all({ id }, { comment = "y",
      stop = function() return stop_asked end }))
    assert.same({ unknown = 1 }, report.counts)
  end)

  it("stays unknown if the only look for it is answered late, after a stop", function()
    local client, _, clock = new(nil, { oddities = { late = { operation = "get", nth = 1 },
                                                     late_by = 30 } })
    local ends_at = clock.monotonic() + 5
    local report = assert(client:cancel_all({ id_of(1) }, { comment = "y",
      stop = function() return clock.monotonic() > ends_at end }))
    assert.same({ unknown = 1 }, report.counts)
  end)

  it("is not launched again if its answer is lost", function()
    for _, lag in ipairs(LAGS) do
      local client, service, _, machine = new(lag, {
        oddities = { reading_lags = lag, lost_after = { operation = "isolate", nth = 1 } },
        launch_course = slow })
      local action = assert(client:isolate(machine, { comment = "x" }))
      assert.equal(service.actions[1].id, action.id)
      assert.equal(1, service:launched(machine, "isolate"))
      assert.equal(1, service:requests "isolate")
    end
  end)

  it("is undone", function()
    for _, lag in ipairs { 1, 3, 9 } do
      local client, service, _, machine = new(lag, { launch_course = slow })
      local id = service:add { age = 0, machine_id = machine }
      local item
      client:cancel_all({ { id = id, expected = "Pending", position = 1, change = "undo" } },
        { comment = "x", on_item = function(one) item = one end })
      assert.equal("cancelled", item.verdict)
      client, service, _, machine = new(lag)
      id = service:add { age = 0, machine_id = machine, status = "Succeeded" }
      client:cancel_all({ { id = id, expected = "Succeeded", position = 1, change = "undo" } },
        { comment = "x", on_item = function(one) item = one end })
      assert.equal("undo_accepted", item.verdict)
      assert.equal(1, service:launched(machine, "unisolate"))
    end
  end)
end)

describe("an unknown id", function()
  local function assert_not_found(client, clock, name, ...)
    local began = clock.monotonic()
    local value, err, verdict = client[name](client, id_of(1), ...)
    assert.same({ nil, "not_found" }, { value, err.code }, name)
    local seconds = clock.monotonic() - began
    assert.is_true(seconds >= 10 and seconds < 12, name .. seconds)
    assert.same({ { "not_found", id_of(1), id_of(1) .. ": not found; checking again in 10 s" } },
      { { client.notices_seen[1].code, client.notices_seen[1].id,
          client.notices_seen[1].message } })
    assert.equal(1, #client.notices_seen)
    return verdict
  end

  it("is not found after a second look, which is announced", function()
    for name, options in pairs { action = false, wait = false, cancel = { comment = "x" } } do
      local client, service, clock = new(0)
      local verdict = assert_not_found(client, clock, name, options or nil)
      assert.equal(name == "cancel" and "not_found" or nil, verdict)
      assert.equal(name == "cancel" and 1 or 0, service:requests "cancel")
    end
  end)

  it("is cancelled twice if it cannot be read", function()
    for _, lag in ipairs { false, 5 } do
      local client, service, clock = new(lag or 0, { roles = { "Machine.Isolate" }, oddities = {
        reading_lags = lag or 0 } })
      if lag then service:add { id = id_of(1), age = 0 } end
      local began = clock.monotonic()
      local _, found, verdict = client:cancel(id_of(1), { comment = "x" })
      assert.equal(lag and "cancelled" or "not_found", lag and found or verdict)
      assert.is_true(clock.monotonic() - began >= 10)
      assert.equal(2, service:requests "cancel")
      assert.equal(1, #client.notices_seen)
    end
  end)

  it("is cancelled once, and stays unknown, if reading fails", function()
    local client, service = new(0, { oddities = { lost_before = { operation = "get" } } })
    local _, _, verdict = client:cancel(id_of(1), { comment = "x" })
    assert.equal("unknown", verdict)
    assert.equal(1, service:requests "cancel")
  end)

  it("is cancelled once, and stays unknown, if a proxy forbids reading", function()
    local client, service = new(0)
    local answer = service.answer
    function service:answer(request)
      if request.method ~= "GET" then return answer(self, request) end
      return { delay = 0, status = 403, headers = {}, body = "<html>Access Denied</html>" }
    end
    local _, _, verdict = client:cancel(id_of(1), { comment = "x" })
    assert.same({ "unknown", 1 }, { verdict, (service:requests "cancel") })
  end)

  -- Seconds that a batch of a thousand takes, whose ids are unknown or final.
  local function seconds_of(is_known)
    local client, service = new(0, { oddities = { final_as = 404 } })
    local ids = {}
    for i = 1, 1000 do
      ids[i] = id_of(i)
      if is_known then service:add { id = ids[i], status = "Failed" } end
    end
    local report = assert(client:cancel_all(ids, { comment = "x" }))
    assert.same({ [is_known and "already_final" or "not_found"] = 1000 }, report.counts)
    return report.seconds, service:requests "list", service:requests "get"
  end

  it("of a plan adds no more, though few of a plan are read at once", function()
    local client = new(0)
    local targets, at_best = {}, client.quota:at_best("get", 1000, client.clock.monotonic())
    for i = 1, 1000 do
      targets[i] = { id = id_of(i), expected = "Pending", position = i, change = "cancel" }
    end
    local report = assert(client:cancel_all(targets, { comment = "x", parallel = 40 }))
    assert.same({ not_found = 1000 }, report.counts)
    assert.is_true(report.seconds - at_best <= 30, report.seconds - at_best)
  end)

  it("adds at most 30 s to what the quota takes, for a thousand of them", function()
    local at_best = seconds_of(true)
    local seconds, lists, gets = seconds_of(false)
    assert.is_true(seconds - at_best <= 30, seconds - at_best)
    assert.is_true(lists <= 100 and gets <= 20, lists .. " lists, " .. gets .. " gets")
  end)
end)
