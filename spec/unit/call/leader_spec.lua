-- One of several waiting threads leads: it moves all calls, and wakes the others.

local world = require "spec.support.world"

-- A client of a host whose threads are coroutines. `threads[i]` is one that cancels ids[i];
-- waits[thread] is "lead" or "sleep" while it waits, and "woken" when it is to be resumed.
local function new(count, latency)
  local client, service, clock = world.new { latency = latency or 3 }
  local ids, threads, waits, ended, slept = world.add(service, count), {}, {}, {}, {}
  local function wait(how)
    local thread = coroutine.running()
    waits[thread] = how
    coroutine.yield()
    waits[thread] = nil
  end
  client.host = {
    wait = function() wait "lead" end,
    waiter = function()
      local thread = coroutine.running()
      return { wait = function(_, seconds)
        slept[#slept + 1] = seconds
        wait "sleep"
      end, signal = function() if waits[thread] then waits[thread] = "woken" end end }
    end,
  }
  local function resume(thread) assert(coroutine.resume(thread)) end
  for i, id in ipairs(ids) do
    threads[i] = coroutine.create(function()
      ended[i] = select(2, client:cancel(id, { comment = "x" }))
    end)
    resume(threads[i])
  end
  local function those(how)
    local list = {}
    for _, thread in ipairs(threads) do
      if waits[thread] == how then list[#list + 1] = thread end
    end
    return list
  end
  -- Resumes the leader, and the threads that it wakes, for `seconds`.
  local function advance(seconds)
    for _ = 1, seconds / 0.1 do
      clock.advance(0.1)
      for _, thread in ipairs(those "lead") do resume(thread) end
      while those "woken"[1] do resume(those "woken"[1]) end
    end
  end
  return { client = client, threads = threads, those = those, advance = advance, ended = ended,
           resume = resume, clock = clock, waits = waits,
           slept = slept }
end

describe("of several threads that wait for a client", function()
  it("one leads, and is woken by new calls", function()
    local here = new(5)
    assert.equal(4, #here.those "sleep")
    assert.equal("woken", here.waits[here.threads[1]])
    here.resume(here.threads[1])
    assert.same({ here.threads[1] }, here.those "lead")
  end)

  it("all end, each woken by the leader when its call has ended", function()
    local here = new(5)
    here.advance(10)
    for i = 1, 5 do assert.equal("cancelled", here.ended[i]) end
    assert.same({}, here.client.scheduler.tasks)
    assert.is_nil(next(here.client.scheduler.leader.sleepers))
  end)

  it("another leads when the leader's call has ended", function()
    local here = new(2)
    here.advance(1)
    here.client.scheduler:withdraw(here.client.scheduler.tasks[1], true)
    here.advance(0.2)
    assert.equal("dead", coroutine.status(here.threads[1]))
    assert.same({ here.threads[2] }, here.those "lead")
  end)

  it("another leads within about a second if the leader is gone", function()
    local here = new(3)
    here.advance(1)
    local gone = table.remove(here.threads, 1)
    assert.equal("lead", here.waits[gone])
    here.clock.advance(1.2)
    for _, thread in ipairs(here.those "sleep") do here.resume(thread) end
    assert.equal(1, #here.those "lead")
    here.advance(10)
    assert.same({ nil, "cancelled", "cancelled" }, here.ended)
  end)

  it("another leads at once if the host raises an error in the leader", function()
    local here = new(3)
    local wait = here.client.host.wait
    here.client.host.wait = function() error("no sleep here", 0) end
    local ok, raised = coroutine.resume(here.threads[1])
    assert.same({ false, "no sleep here" }, { ok, raised })
    here.client.host.wait = wait
    table.remove(here.threads, 1)
    here.clock.advance(0.1)
    for _, thread in ipairs(here.those "sleep") do here.resume(thread) end
    assert.equal(1, #here.those "lead")
  end)

  it("some of many sleep longer than a second", function()
    local here = new(100)
    local count = {}
    for _, seconds in ipairs(here.slept) do count[seconds] = (count[seconds] or 0) + 1 end
    assert.is_true(count[1] >= 25, count[1])
    assert.is_true(count[1] < 75, count[1])
    here.advance(60)
    for i = 1, 100 do assert.equal("cancelled", here.ended[i]) end
  end)

  it("all end when the client is closed", function()
    local here = new(3)
    here.client:close()
    assert.equal(3, #here.those "woken")
    here.advance(0.1)
    for _, thread in ipairs(here.threads) do assert.equal("dead", coroutine.status(thread)) end
  end)
end)
