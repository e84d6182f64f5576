-- client:wait.

local world = require "spec.support.world"

-- Ends after so many seconds.
local function ending(seconds, status)
  return { age = 0, steps = { { seconds / 2, "InProgress" }, { seconds, status or "Succeeded" } } }
end

describe("client:wait", function()
  it("waits for the end of an action, with growing pauses", function()
    local client, service, clock = world.new()
    local id = service:add(ending(600))
    local began = clock.monotonic()
    local action = assert(client:wait(id))
    assert.equal("Succeeded", action.status)
    local took = clock.monotonic() - began
    assert.is_true(took >= 600 and took <= 665, took)
    assert.is_true(service:requests "get" <= 16)  -- 5, 10, 20, 40 s, then every minute
    assert.equal(0, service:requests "list")
  end)

  it("takes an action, gives what has ended at once, whatever its end", function()
    local client, service, clock = world.new()
    local id = service:add { status = "Failed" }
    local began = clock.monotonic()
    assert.equal("Failed", client:wait(client:action(id:upper())).status)
    assert.is_true(clock.monotonic() - began < 1.5)
  end)

  it("looks as often as it is told to", function()
    local client, service = world.new()
    local id = service:add(ending(100))
    assert(client:wait(id, { every = "10s" }))
    assert.is_true(math.abs(service:requests "get" - 11) <= 1)
  end)

  it("gives up at its time, and says how the action stands", function()
    local client, service, clock = world.new()
    local id = service:add(ending(10000))
    local began = clock.monotonic()
    local action, err = client:wait(id, { timeout = 90 })
    assert.is_nil(action)
    assert.same({ "deadline", "Pending", id }, { err.code, err.action.status, err.id })
    assert.equal("the action is still Pending after 1m 30s", err.message)
    assert.is_true(clock.monotonic() - began < 92)
  end)

  it("waits for many by few calls", function()
    local client, service = world.new { quota = false }
    local ids = world.add(service, 400, function(i) return ending(200 + i / 10) end)
    local items = assert(client:wait(ids))
    assert.equal(400, #items)
    for i, item in ipairs(items) do
      assert.same({ ids[i], "Succeeded" }, { item.id, item.action.status })
    end
    assert.is_true(service:requests "list" <= 10 * 9, service:requests "list")
    assert.equal(0, service:requests "get")
  end)

  it("continues if the service refuses the filter, or does not know an action", function()
    local client, service = world.new()
    local refuse = service.answer
    function service.answer(self, request)
      if request.path:find "id%%20in" then
        return { status = 400, headers = {}, body = "{}", delay = 0 }
      end
      return refuse(self, request)
    end
    local ids = world.add(service, 5, function() return ending(30) end)
    ids[6] = "5382f7ea-7557-4ab7-9782-d50480024a4e"
    local items = assert(client:wait(ids))
    for i = 1, 5 do assert.equal("Succeeded", items[i].action.status) end
    assert.same({ ids[6], "not_found" }, { items[6].id, items[6].error.code })
  end)

  it("continues after the service could not be reached for a while", function()
    local client, service, clock = world.new()
    local id = service:add(ending(600))
    local began, reply = clock.monotonic(), service.answer
    function service.answer(self, request)
      local past = clock.monotonic() - began
      if past > 100 and past < 300 then
        return { status = 503, headers = {}, body = "", delay = 0 }
      end
      return reply(self, request)
    end
    assert.equal("Succeeded", assert(client:wait(id)).status)
    function service.answer() return { status = 503, headers = {}, body = "", delay = 0 } end
    began = clock.monotonic()
    assert.equal("service", select(2, client:wait(id)).code)  -- it was never seen
    assert.is_true(clock.monotonic() - began < 120)
  end)

  it("gives up at its time if the service cannot be reached", function()
    local client, service, clock = world.new()
    local id = service:add(ending(60000))
    local began, reply = clock.monotonic(), service.answer
    function service.answer(self, request)
      if clock.monotonic() - began > 100 then
        return { status = 503, headers = {}, body = "", delay = 0 }
      end
      return reply(self, request)
    end
    local _, err = client:wait(id, { timeout = 600 })
    assert.same({ "service", "Pending" }, { err.code, err.action.status })
    local took = clock.monotonic() - began
    assert.is_true(took > 600 and took < 700, took)
  end)

  it("gives up at its time, however long the service asks to wait", function()
    for _, others in ipairs { 0, 3 } do
      local client, service, clock = world.new()
      local ids = world.add(service, 1 + others, function() return ending(60000) end)
      local began, reply = clock.monotonic(), service.answer
      function service.answer(self, request)
        if clock.monotonic() - began > 50 then
          return { status = 429, headers = {}, body = "", delay = 0 }
        end
        return reply(self, request)
      end
      for _, item in ipairs(assert(client:wait(ids, { timeout = 100 }))) do
        assert.same({ "deadline", "Pending" }, { item.error.code, item.action.status })
      end
      assert.is_true(clock.monotonic() - began < 200)
    end
  end)

  it("keeps to the quota of reads", function()
    local client, service = world.new()
    local ids = world.add(service, 3, function() return ending(300) end)
    assert(client:wait(ids, { every = 0.5 }))
    assert.equal(0, service:requests(nil, 429))
  end)

  it("refuses what is malformed", function()
    local client, service = world.new()
    for _, wrong in ipairs { { "x" }, { 7 }, { nil }, { { "x" } }, { { 7 } },
                             { { service:add {}, nil, service:add {} } },
                             { { action = service:add {} } },
                             { service:add {}, { timeout = "soon" } },
                             { service:add {}, { every = 0 } } } do
      local action, err = client:wait(wrong[1], wrong[2])
      assert.is_nil(action)
      assert.equal("invalid_argument", err.code)
    end
    assert.same({}, client:wait {})
    assert.error_matches(function() client:wait("x", { forever = true }) end,
      "wait: unknown option")
    assert.equal(0, service:requests())
  end)

  it("stops reading for callers that are gone", function()
    local client, service, clock = world.new()
    local id = service:add(ending(3000))
    client.host = { wait = coroutine.yield }
    assert(coroutine.resume(coroutine.create(function() client:wait(id) end)))
    collectgarbage()
    collectgarbage()
    for _ = 1, 60 do
      clock.advance(10)
      client:step()
    end
    assert.is_true(service:requests "get" <= 1)
    assert.equal(0, #client.scheduler.tasks)
    client.host = require "mde.host.plain"
    local began = clock.monotonic()
    function client.stop() return clock.monotonic() - began > 60 end
    local _, err = client:wait(id)
    assert.equal("interrupted", err.code)
    assert.is_true(clock.monotonic() - began < 130)
  end)

  it("ends when the client is to stop, and says how the action stands", function()
    local client, service, clock = world.new()
    local ids = { service:add(ending(600)), service:add { status = "Succeeded" } }
    local began = clock.monotonic()
    function client.stop() return clock.monotonic() - began > 60 and "at once" end
    local items = assert(client:wait(ids))
    assert.is_true(clock.monotonic() - began < 70)
    assert.same({ "interrupted", "Pending" }, { items[1].error.code, items[1].action.status })
    assert.equal(items[1].action, items[1].error.action)
    assert.same({ nil, "Succeeded" }, { items[2].error, items[2].action.status })
    client.stop = nil
    assert.equal("Succeeded", client:wait(ids[1]).status)
  end)
end)
