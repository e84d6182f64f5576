-- Calls while the breaker of their operation is open.

local world = require "spec.support.world"

-- A client whose service fails as `oddities` say, and whose breaker of cancels five items opened.
local function failing(oddities)
  local client, service, clock = world.new { oddities = oddities }
  for i = 1, 5 do client.quota:failed("cancel", "item" .. i, clock.monotonic()) end
  client.notices_seen = {}
  function client.on_notice(notice) table.insert(client.notices_seen, notice) end
  return client, service, clock
end

describe("a cancel while the service fails", function()
  it("waits, reads its action, and is sent", function()
    local client, service, clock = failing()
    local began = clock.monotonic()
    local _, verdict = client:cancel(service:add {}, { comment = "x" })
    assert.equal("cancelled", verdict)
    assert.is_true(clock.monotonic() - began >= 1)
    assert.same({ 1, 1 }, { service:requests "get", service:requests "cancel" })
    assert.is_false(client.quota:bucket "cancel".breaker.open_since)
  end)

  it("is not sent before a read is answered, and says when it tries again", function()
    local client, service, clock = failing { internal_error = { operation = "get" } }
    local ends = clock.monotonic() + 300
    function client.stop() return clock.monotonic() > ends end
    local _, err, verdict = client:cancel(service:add {}, { comment = "x" })
    assert.equal("unsent", verdict or err)
    assert.equal(0, service:requests "cancel")
    local reads = service:requests "get"
    assert.is_true(reads >= 8 and reads <= 11, reads)
    assert.equal("the service fails for 'cancel': trying again in 2s",
      client.notices_seen[1].message)
  end)

  it("counts for how long the service has answered nothing", function()
    local client, service, clock = world.new { oddities = {
      internal_error = { operation = "cancel" }, unavailable = { operation = "get" } } }
    local began = clock.monotonic()
    client:cancel(service:add {}, { comment = "x" })
    local seconds, now = client.quota:failing_for(clock.monotonic(), 0), clock.monotonic()
    assert.is_true(seconds > now - began - 1 and seconds <= now - began, seconds)
    client:actions()()
    assert.equal(0, (client.quota:failing_for(now, 0)))
  end)

  it("reads before it tries the next token if the service fails meanwhile", function()
    local client, service, clock = world.new()
    local answer, tokens, cancels = service.answer, 0, 0
    function service:answer(request)
      if request.path:find "/cancel$" then
        cancels = cancels + 1
        if cancels == 1 then return { status = 401, headers = {}, body = "", delay = 0 } end
      elseif request.path:find "/token$" then
        tokens = tokens + 1
        for i = 1, tokens == 2 and 5 or 0 do
          client.quota:failed("cancel", "item" .. i, clock.monotonic())
        end
      end
      return answer(self, request)
    end
    local _, verdict = client:cancel(service:add {}, { comment = "x" })
    assert.same({ "cancelled", 2, 2, 1 }, { verdict, tokens, cancels, service:requests "get" })
  end)

  it("waits as long as the answer to its read asks", function()
    local client, service, clock = failing { unavailable = { operation = "get", nth = 1 } }
    local answer, asked_at = service.answer, nil
    function service:answer(request)
      local given = answer(self, request)
      if given.status == 503 then
        given.headers["retry-after"], asked_at = "20", clock.monotonic()
      end
      return given
    end
    assert(client:cancel(service:add {}, { comment = "x" }))
    assert.is_true(clock.monotonic() - asked_at >= 20)
  end)

  it("reads again if another item has taken its place before it was sent", function()
    local client, service, clock = failing()
    local answer, taken_at = service.answer, nil
    function service:answer(request)
      if request.method == "GET" and not taken_at then
        taken_at = clock.monotonic()
        client.quota:bucket "cancel".breaker:try("other", taken_at)
      end
      return answer(self, request)
    end
    assert(client:cancel(service:add {}, { comment = "x" }))
    assert.is_true(clock.monotonic() - taken_at >= 120)
    assert.same({ 2, 1 }, { service:requests "get", service:requests "cancel" })
  end)

  it("is not sent if its action was cancelled meanwhile", function()
    local client, service = failing()
    local id = service:add { status = "Cancelled" }
    local _, verdict = client:cancel(id, { comment = "x" })
    assert.equal("already_cancelled", verdict)
    assert.equal(0, service:requests "cancel")
    assert.is_false(client.quota:bucket "cancel".breaker.probe)
  end)

  it("is not sent if its action has begun since it was planned", function()
    local client, service = failing()
    local id = service:add { age = 0, steps = { { 0.5, "InProgress" } } }
    local item
    client:cancel_all({ { id = id, expected = "Pending", position = 1, change = "cancel" } },
      { comment = "x", on_item = function(one) item = one end })
    assert.same({ "changed", 2, 0 },
      { item.verdict, service:requests "get", (service:requests "cancel") })
  end)

  it("is sent although the answer to the read is a refusal", function()
    local client, service = failing { forbidden = { operation = "get" } }
    local _, verdict = client:cancel(service:add {}, { comment = "x" })
    assert.equal("cancelled", verdict)
  end)

  it("is the next probe if it is urgent, or a single one that a person types", function()
    for _, name in ipairs { "is_urgent", "is_attended" } do
      local client, service, clock = failing()
      client.quota.is_urgent, client.is_attended = name == "is_urgent", name == "is_attended"
      local began = clock.monotonic()
      client:cancel(service:add {}, { comment = "x" })
      assert.is_true(clock.monotonic() - began < 1)
      assert.equal(1, service:requests "get")
    end
  end)

  it("is held back like others after its first probe failed", function()
    local client, service, clock = failing { internal_error = { operation = "get" } }
    local ends = clock.monotonic() + 300
    client.quota.is_urgent = true
    function client.stop() return clock.monotonic() > ends end
    client:cancel(service:add {}, { comment = "x" })
    assert.is_true(service:requests "get" <= 11)
  end)

  it("waits for a probe of a process that was killed, and says so", function()
    local client, service, clock = failing()
    client.quota:bucket "cancel".breaker:try("other", clock.monotonic() - 3)
    local _, verdict = client:cancel(service:add {}, { comment = "x" })
    assert.equal("cancelled", verdict)
    assert.equal("another request tries 'cancel' first: continuing in at most 1m 57s",
      client.notices_seen[1].message)
  end)

  it("waits as one of many that a person cancels at once", function()
    local client, service, clock = failing()
    client.is_attended = true
    local began = clock.monotonic()
    assert(client:cancel_all({ service:add {} }, { comment = "x" }))
    assert.is_true(clock.monotonic() - began >= 1)
  end)

  it("holds back neither reads nor other operations", function()
    local client, service, clock = failing()
    local began = clock.monotonic()
    assert(client:action(service:add {}))
    assert(client:isolate(service:add_machine {}, { comment = "x" }))
    assert.is_true(clock.monotonic() - began < 1)
  end)
end)

describe("five items for which the service always fails", function()
  it("end unsettled, and the others are cancelled", function()
    local client, service = world.new { oddities = {
      internal_error = function(request) return request.changes and request.stuck end } }
    local ids, stuck = world.add(service, 60), {}
    for i = 1, 5 do stuck["/api/machineactions/" .. ids[i * 11] .. "/cancel"] = true end
    local answer = service.answer
    function service.answer(self, request)
      request.stuck = stuck[request.path]
      return answer(self, request)
    end
    local report = client:cancel_all(ids, { comment = "x" })
    assert.same({ cancelled = 55, error = 5 }, report.counts)
    assert.is_true(report.seconds < 900, report.seconds)
  end)
end)

describe("a launch while the service fails", function()
  it("is sent once for each machine, although answers are lost", function()
    local client, service = world.new { oddities = {
      bad_gateway = { operation = "isolate", nth = { 1, 2, 3, 4, 5, 6, 7, 8 } } } }
    local machines = {}
    for i = 1, 20 do machines[i] = service:add_machine {} end
    local report = client:launch_all("isolate", machines, { comment = "x" })
    assert.same({ launched = 20 }, report.counts)
    for _, machine in ipairs(machines) do
      assert.equal(1, (service:launched(machine, "isolate")))
    end
  end)
end)
