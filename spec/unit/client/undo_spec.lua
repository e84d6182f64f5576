-- Undoing actions, one by one and by plan.

local world = require "spec.support.world"

local ROLES = { "Machine.Read.All", "Machine.Isolate", "Machine.RestrictExecution" }

-- A client, a service, and a machine with an action of these fields on it.
local function new(fields, options)
  options = options or {}
  options.roles = options.roles or ROLES
  local client, service, clock = world.new(options)
  local machine = service:add_machine { lastSeen = service:now() - 60 }
  fields = fields or {}
  fields.machine_id = machine
  return client, service, service:add(fields), machine, clock
end

-- The result of one item of a plan, in a batch.
local function apply(client, id, decided, wait)
  local item = { id = id, position = 1, sends = {} }
  for key, value in pairs(decided) do item[key] = value end
  local last
  local report = assert(client:cancel_all({ item }, {
    comment = "x", wait = wait, on_item = function(one) last = one end }))
  return last, report
end

describe("undoing", function()
  it("launches the inverse of what succeeded", function()
    for kind, operation in pairs { Isolate = "unisolate", Unisolate = "isolate",
                                   RestrictCodeExecution = "unrestrict",
                                   UnrestrictCodeExecution = "restrict" } do
      local client, service, id, machine = new { type = kind, status = "Succeeded" }
      local item = apply(client, id, { change = "undo", expected = "Succeeded",
                                       comment = "why" })
      assert.same({ "undo_accepted", id }, { item.verdict, item.id })
      assert.equal("why", item.action.requestorComment)
      assert.equal(1, service:launched(machine, operation), kind)
      assert.equal(0, service:posted(id))
    end
  end)

  it("cancels actions that are not final", function()
    local client, service, id, machine = new { status = "Pending" }
    local item = apply(client, id, { change = "undo", expected = "Pending" })
    assert.equal("cancelled", item.verdict)
    assert.equal(0, service:launched(machine, "unisolate"))
    assert.equal(1, service:posted(id))
  end)

  it("cancels an isolation in progress, and releases its machine once that is Cancelled", function()
    local client, service, id, machine = new({ status = "InProgress" },
      { oddities = { cancel_takes = 5 } })
    local item = apply(client, id, { change = "undo", expected = "InProgress" })
    assert.equal("accepted", item.verdict)  -- a resume goes on
    assert.equal(0, service:launched(machine, "unisolate"))
    item = apply(client, id, { change = "undo", expected = "InProgress", read_first = true,
                               sends = { 1 }, sent_ago = 1 })
    assert.equal("accepted", item.verdict)
    client.clock.pass(10)
    item = apply(client, id, { change = "undo", expected = "InProgress", read_first = true,
                               sends = { 1 }, sent_ago = 11 })
    assert.equal("undo_accepted", item.verdict)
    assert.equal(1, service:launched(machine, "unisolate"))
    assert.equal(1, service:posted(id))
    client, service, id, machine = new { status = "InProgress" }
    assert.equal("undo_accepted",
      apply(client, id, { change = "undo", expected = "InProgress" }).verdict)
    assert.same({ 1, 1 }, { service:launched(machine, "unisolate"), (service:posted(id)) })
  end)

  it("leaves alone what had no effect, and what nothing undoes", function()
    for status, verdict in pairs { Failed = "already_final", TimeOut = "already_final" } do
      local client, service, id = new { status = status }
      assert.equal(verdict, apply(client, id, { change = "undo" , expected = status }).verdict)
      assert.equal(0, service:requests "unisolate")
    end
    local client, _, id = new { type = "RunAntiVirusScan", status = "Succeeded" }
    local item = apply(client, id, { change = "undo", expected = "Succeeded" })
    assert.equal("skipped", item.verdict)
  end)

  it("releases the machine of an isolation that was InProgress when it was cancelled", function()
    local client, service, id, machine = new { status = "Cancelled", age = 600 }
    local item = apply(client, id, { change = "undo", expected = "Cancelled" })
    assert.same({ "undo_accepted", 1, 0 },
      { item.verdict, service:launched(machine, "unisolate"), (service:posted(id)) })
    client, service, id, machine = new { status = "Cancelled", age = 600 }
    service:add { status = "Succeeded", age = 60, machine_id = machine }
    item = apply(client, id, { change = "undo", expected = "Cancelled" })
    assert.same({ "changed", 0 }, { item.verdict, (service:launched(machine, "unisolate")) })
  end)

  it("releases what a cancel came too late for", function()
    local client, service, id, machine, clock = new({ age = 0, steps = { { 0, "InProgress" },
      { 5, "Succeeded" } } }, { oddities = { cancel_takes = 60 } })
    client:cancel(id, { comment = "too late" })
    clock.pass(10)
    local action = assert(client:action(id))
    assert.same({ "Succeeded", true }, { action.status, action.cancellationDateTimeUtc ~= nil })
    local item = apply(client, id, { change = "undo", expected = "Succeeded" })
    assert.equal("undo_accepted", item.verdict)
    assert.equal(1, service:launched(machine, "unisolate"))
  end)

  it("releases the machine of an isolation that began or Succeeded since it was listed",
  function()
    for status, posts in pairs { InProgress = 1, Succeeded = 0 } do
      local client, service, id, machine = new { status = status, age = 600 }
      local item = apply(client, id, { change = "undo", expected = "Pending" })
      assert.same({ "undo_accepted", 1, posts },
        { item.verdict, service:launched(machine, "unisolate"), (service:posted(id)) })
    end
    local client, service, id, machine = new { status = "Succeeded", age = 600 }
    service:add { status = "Succeeded", age = 60, machine_id = machine }
    local item = apply(client, id, { change = "undo", expected = "Pending" })
    assert.same({ "changed", 0 }, { item.verdict, (service:launched(machine, "unisolate")) })
  end)

  -- The action changes between the read and the arrival of its cancel.
  local function meanwhile(status, takes)
    local client, service, id, machine = new({ age = 0 }, { oddities = { cancel_takes = takes } })
    local answer = service.answer
    function service:answer(request)
      if request.path:find "/cancel$" then self.by_id[id].course = { { 0, status } } end
      return answer(self, request)
    end
    local item = apply(client, id, { change = "undo", expected = "Pending" }, 60)
    return item, service, machine
  end

  it("releases the machine of an isolation that began before its cancel arrived", function()
    for status, takes in pairs { InProgress = 5, Succeeded = 0 } do
      local item, service, machine = meanwhile(status, takes)
      assert.equal(1, service:launched(machine, "unisolate"), status)
      assert.equal("undo_accepted", item.verdict)
    end
  end)

  it("leaves a machine alone that was isolated anew, or is about to be", function()
    for status, verdict in pairs { Succeeded = "changed", Pending = "changed",
                                   InProgress = "changed", Failed = "undo_accepted",
                                   Cancelled = "undo_accepted", TimeOut = "undo_accepted" } do
      local client, service, id, machine = new { type = "Isolate", status = "Succeeded",
                                                 age = 600 }
      service:add { type = "Isolate", status = status, age = 60, machine_id = machine }
      service:add { type = "Isolate", status = "Succeeded", age = 900, machine_id = machine }
      service:add { type = "Isolate", status = "Succeeded", age = 60, machine_id = ("b"):rep(40) }
      service:add { type = "RestrictCodeExecution", status = "Succeeded", age = 60,
                    machine_id = machine }
      local item = apply(client, id, { change = "undo", expected = "Succeeded" })
      assert.equal(verdict, item.verdict, status)
      assert.equal(verdict == "changed" and 0 or 1, service:requests "unisolate")
    end
  end)

  it("reads cut pages of the machine's actions as far as its own", function()
    for failures, verdict in pairs { [3] = "undo_accepted", [12] = "changed" } do
      local client, service, id, machine = new({ type = "Isolate", status = "Succeeded",
                                                 age = 600 }, { oddities = { cut_pages = 1 } })
      for i = 1, failures do
        service:add { type = "Isolate", status = "Failed", age = 60 + i, machine_id = machine }
      end
      local item = apply(client, id, { change = "undo", expected = "Succeeded" })
      assert.equal(verdict, item.verdict)
    end
  end)

  it("launches nothing if the machine's actions cannot be read", function()
    local client, service, id = new({ type = "Isolate", status = "Succeeded" },
      { oddities = { unavailable = { operation = "list" } } })
    local item = apply(client, id, { change = "undo", expected = "Succeeded" })
    assert.same({ "unsent", "service" }, { item.verdict, item.error.code })
    assert.equal(0, service:requests "unisolate")
  end)

  it("launches once, though answers are lost", function()
    for _, oddity in ipairs { "lost_after", "lost_before", "bad_gateway", "internal_error" } do
      local client, service, id, machine = new({ type = "Isolate", status = "Succeeded" }, {
        oddities = { [oddity] = { nth = 1, operation = "unisolate" }, list_lags = 3 } })
      local item = apply(client, id, { change = "undo", expected = "Succeeded" })
      assert.equal("undo_accepted", item.verdict, oddity)
      assert.equal(1, service:launched(machine, "unisolate"), oddity)
    end
  end)

  it("does not release a machine by a second launch that was isolated anew meanwhile", function()
    for status, expected in pairs { Pending = { "changed", 1 }, Failed = { "undo_accepted", 2 } } do
      local client, service, id, machine = new({ status = "Succeeded", age = 600 },
        { oddities = { internal_error = { nth = 1, operation = "unisolate" }, list_lags = 30 } })
      service:add { type = "Isolate", status = status, age = 0, machine_id = machine }
      local item = apply(client, id, { change = "undo", expected = "Succeeded" })
      assert.same(expected, { item.verdict, service:requests "unisolate" })
    end
  end)

  it("knows its cancel again, which was sent by a process that was killed", function()
    for comment, verdict in pairs { x = "cancelled", other = "already_cancelled" } do
      local client, _, id, _, clock = new { status = "Pending" }
      assert(client:cancel(id, { comment = comment }))
      clock.pass(10)
      local item = apply(client, id, { change = "undo", expected = "Pending", read_first = true,
                                       sends = { 1 }, sent_ago = 11 })
      assert.equal(verdict, item.verdict)
    end
  end)

  it("looks first for what was launched before a holder died, whenever that was", function()
    for _, sent_ago in ipairs { 100, 1, false } do
      local client, service, id, machine, clock = new { type = "Isolate", status = "Succeeded" }
      assert(client:unisolate(machine, { comment = "x" }))
      clock.pass(100)
      local item = apply(client, id, { change = "undo", read_first = true, sends = { 1 },
                                       sent_ago = sent_ago or nil })
      assert.equal("undo_accepted", item.verdict)
      assert.equal(1, service:launched(machine, "unisolate"))
      assert.equal(1, service:requests "unisolate")
    end
  end)

  it("finds the release of a killed process if the machine was isolated anew since", function()
    for is_released, verdict in pairs { [true] = "undone", [false] = "changed" } do
      local client, service, id, machine, clock = new({ status = "Succeeded", age = 600 },
        { launch_course = function() return { { 5, "Succeeded" } } end })
      if is_released then assert(client:unisolate(machine, { comment = "x" })) end
      clock.pass(100)
      service:add { machine_id = machine, age = 0 }
      local item = apply(client, id, { change = "undo", expected = "Succeeded", read_first = true,
                                       sends = { 1 }, sent_ago = 100 })
      assert.equal(verdict, item.verdict)
      assert.equal(is_released and 1 or 0, service:requests "unisolate")
    end
  end)

  it("waits for the end of the release, and reads it back", function()
    for status, verdict in pairs { Succeeded = "undone", Failed = "error", TimeOut = "error",
                                   Cancelled = "error" } do
      local client, service, id, machine = new({ status = "Succeeded" }, { launch_course =
        function() return { { 0, "Pending" }, { 20, "InProgress" }, { 90, status } } end })
      local item = apply(client, id, { change = "undo", expected = "Succeeded" }, 600)
      assert.same({ verdict, status }, { item.verdict, item.action.status })
      assert.equal(verdict == "error" and "not_undone" or nil, item.error and item.error.code)
      assert.equal(1, service:launched(machine, "unisolate"))
    end
  end)

  it("waits no longer than it is to, and is not stopped by a release that can't be found",
    function()
      local client, service, id, machine, clock = new({ status = "Succeeded" }, { launch_course =
        function() return { { 0, "Pending" }, { 90, "Succeeded" } } end })
      local began = clock.wall()
      local item = apply(client, id, { change = "undo", expected = "Succeeded" }, 60)
      assert.same({ "undo_accepted", "Pending" }, { item.verdict, item.action.status })
      assert.is_true(clock.wall() - began < 65)
      item = apply(client, id, { change = "undo", read_first = true, sends = { began },
        sent_ago = 60, verdict = "undo_accepted",
        launched = "5382f7ea-7557-4ab7-9782-d50480024a4e" }, 60)
      assert.equal("undo_accepted", item.verdict)
      assert.equal(1, service:launched(machine, "unisolate"))
    end)

  it("reads again what was launched before, and launches another only if that has failed",
    function()
      local last = "Succeeded"
      local client, service, id, machine, clock = new({ status = "Succeeded" }, { launch_course =
        function() return { { 0, "Pending" }, { 60, last } } end })
      local function again(item, verdict)
        return apply(client, id, { change = "undo", expected = "Succeeded", read_first = true,
          sends = { clock.wall() }, sent_ago = 10, verdict = verdict or item.verdict,
          launched = item.action.id })
      end
      local first = apply(client, id, { change = "undo", expected = "Succeeded" })
      local item = again(first)
      assert.same({ "undo_accepted", id }, { item.verdict, item.id })
      clock.pass(100)
      assert.equal("undone", again(first).verdict)
      assert.equal("undone", again(first, "unknown").verdict)
      assert.equal(1, service:launched(machine, "unisolate"))
      last = "Failed"
      client, service, id, machine, clock = new({ status = "Succeeded" }, { launch_course =
        function() return { { 0, "Pending" }, { 60, last } } end })
      first = apply(client, id, { change = "undo", expected = "Succeeded" })
      clock.pass(100)
      item = again(first)
      assert.equal("error", item.verdict)
      assert.equal(1, service:launched(machine, "unisolate"))
      last = "Succeeded"
      item = again(item)
      assert.equal("undo_accepted", item.verdict)
      assert.equal(2, service:launched(machine, "unisolate"))
      clock.pass(100)
      assert.equal("undone", again(item).verdict)
    end)

  it("launches another release if that of an action which began before its cancel failed",
    function()
      local client, service, id, machine = new({ status = "Cancelled" }, { launch_course =
        function() return { { 0, "Pending" }, { 1, "Failed" } } end })
      apply(client, id, { change = "undo", expected = "Pending", read_first = true,
        sends = { 1 }, sent_ago = 100, verdict = "error", failed =
        "5382f7ea-7557-4ab7-9782-d50480024a4e",
        launched = "5382f7ea-7557-4ab7-9782-d50480024a4e" }, 60)
      assert.equal(1, service:launched(machine, "unisolate"))
    end)

  it("finds the second release of a killed process, not the first, which failed", function()
    local last = "Failed"
    local client, service, id, machine, clock = new({ status = "Succeeded" }, { launch_course =
      function() return { { 0, "Pending" }, { 60, last } } end })
    local first = apply(client, id, { change = "undo", expected = "Succeeded" }, 600)
    assert.equal("error", first.verdict)
    last = "Succeeded"
    local second = assert(client:unisolate(machine, { comment = "x" }))
    service.oddities.list_lags = 20
    for _, verdict in ipairs { false, "unknown" } do
      local item = apply(client, id, { change = "undo", expected = "Succeeded", read_first = true,
        sends = { clock.wall() }, sent_ago = 100, last_sent_ago = 1, verdict = verdict or nil,
        launched = first.action.id, failed = first.action.id })
      assert.same({ "undo_accepted", second.id }, { item.verdict, item.action.id })
    end
    assert.equal(2, service:launched(machine, "unisolate"))
  end)

  it("ends refused if the service refuses the release for good", function()
    local client, service, id = new { status = "Succeeded" }
    local answer = service.answer
    function service:answer(request)
      if not request.path:find "/unisolate$" then return answer(self, request) end
      return { delay = 0, status = 400, headers = {}, body = '{"error":{"code":"BadRequest"}}' }
    end
    local item = apply(client, id, { change = "undo", expected = "Succeeded" })
    assert.same({ "refused", "bad_request" }, { item.verdict, item.error.code })
  end)

  it("says what hindered it", function()
    local client, _, id = new({ type = "Isolate", status = "Succeeded" },
      { roles = { "Machine.Read.All" } })
    local item = apply(client, id, { change = "undo", expected = "Succeeded" })
    assert.same({ "forbidden", "forbidden" }, { item.verdict, item.error.code })
  end)
end)

describe("what a plan decided upon", function()
  it("is read just before, forty at a time, and cancelled when it is as it was", function()
    local client, service = world.new { quota = false }
    local ids = world.add(service, 100)
    local items = {}
    for i, id in ipairs(ids) do
      items[i] = { id = id, position = i, sends = {}, decision = "cancel", expected = "Pending" }
    end
    local report = assert(client:cancel_all(items, { comment = "x", parallel = 40 }))
    assert.same({ cancelled = 100 }, report.counts)
    assert.equal(0, service:requests "get")
    assert.is_true(service:requests "list" <= 12, service:requests "list")
  end)

  it("is left alone when it is something else by now", function()
    local client, service, id = new { steps = { { 1, "InProgress" } } }
    local item = apply(client, id, { decision = "cancel", expected = "Pending" })
    assert.same({ "changed", "InProgress" }, { item.verdict, item.action.status })
    assert.equal(0, service:posted(id))
  end)

  it("is skipped if another user has cancelled it, or it is gone", function()
    local client, service, id = new({}, { oddities = { cancel_takes = 3600 } })
    client:cancel(id, { comment = "another" })
    local item = apply(client, id, { decision = "cancel", expected = "Pending" })
    assert.equal("changed", item.verdict)
    assert.equal(1, service:posted(id))
    item = apply(client, "5382f7ea-7557-4ab7-9782-d50480024a4e",
      { decision = "cancel", expected = "Pending" })
    assert.equal("not_found", item.verdict)
  end)

  it("is unsent if it cannot be read", function()
    local client, service, id = new({}, { roles = { "Machine.Isolate" } })
    local item = apply(client, id, { decision = "cancel", expected = "Pending" })
    assert.same({ "unsent", 0 }, { item.verdict, (service:posted(id)) })
  end)
end)
