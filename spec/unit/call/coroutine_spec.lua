-- Who waits for calls: many at once, in coroutines, and some that go away.

local world = require "spec.support.world"

describe("many callers of one client", function()
  -- Each runs in a coroutine and waits by yielding, as threads of a host do.
  local function threads(client, count, body)
    local running = {}
    client.host = { wait = function() coroutine.yield() end }
    for i = 1, count do running[i] = coroutine.create(function() body(i) end) end
    return running
  end

  local function run(running, engine, dead)
    local alive = true
    while alive do
      alive = false
      for i, thread in pairs(running) do
        if i ~= dead and coroutine.status(thread) ~= "dead" then
          alive = true
          assert(coroutine.resume(thread))
        end
      end
      engine:poll(0.01)
    end
  end

  it("share one token, and are not stranded when one of them is killed", function()
    local client, service, _, engine = world.new { latency = 0.3 }
    local ids, found = world.add(service, 20), {}
    local running = threads(client, 20, function(i)
      found[i] = select(2, client:cancel(ids[i], { comment = "x" }))
    end)
    assert(coroutine.resume(running[1]))  -- it starts the token's fetch, and is never resumed
    run(running, engine, 1)
    for i = 2, 20 do assert.equal("cancelled", found[i]) end
    assert.equal(1, service:requests "token")
    assert.equal(20, service:requests "cancel")  -- it could be resumed yet
    assert.equal(0, #client.scheduler.tasks)
  end)

  it("have nothing sent for one that is gone for good", function()
    local client, service, _, engine = world.new { latency = 0.3 }
    local ids, found = world.add(service, 5), {}
    local running = threads(client, 5, function(i)
      found[i] = select(2, client:cancel(ids[i], { comment = "x" }))
    end)
    assert(coroutine.resume(running[1]))
    running[1] = nil
    collectgarbage()
    collectgarbage()
    run(running, engine)
    assert.equal(0, (service:posted(ids[1])))
    for i = 2, 5 do assert.equal("cancelled", found[i]) end
    assert.equal(0, #client.scheduler.tasks)
  end)

  it("end when it is closed", function()
    local client, service, _, engine = world.new { latency = 5 }
    local ids, found = world.add(service, 3), {}
    local running = threads(client, 3, function(i)
      if i == 3 then return client:close() end
      found[i] = { client:cancel(ids[i], { comment = "x" }) }
    end)
    run(running, engine)
    for i = 1, 2 do assert.same({ "interrupted", "unsent" }, { found[i][2].code, found[i][3] }) end
  end)

  it("share one quota", function()
    local client, service, clock, engine = world.new { quota = { per_minute = 5 } }
    client.quota = require "mde.call.quota".new(function() return 5 end)
    local ids, start = world.add(service, 12), clock.monotonic()
    run(threads(client, 12, function(i) client:cancel(ids[i], { comment = "x" }) end), engine)
    assert.same({ 12, 0 }, { service:requests("cancel", 200), service:requests("cancel", 429) })
    assert.is_true(clock.monotonic() - start > 120)
  end)
end)
