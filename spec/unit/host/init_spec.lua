-- Where mde runs, and how it waits there.

local hosts = require "mde.host"
local mde = require "mde"
local world = require "spec.support.world"

describe("mde.host", function()
  local loaded = package.loaded

  after_each(function()
    _G.ngx, _G.core, loaded.nmap, loaded.stdnse = nil, nil, nil, nil
  end)

  it("is plain Lua if no other host is found", function()
    assert.equal("plain", hosts.here())
    assert.equal(require "mde.host.plain", hosts.choose())
    assert.equal("memory", hosts.store().name)
  end)

  it("finds nginx, HAProxy and nmap", function()
    _G.ngx = { sleep = function() end, shared = {} }
    assert.equal("nginx", hosts.here())
    _G.ngx, _G.core = nil, { msleep = function() end }
    assert.equal("haproxy", hosts.here())
    _G.core, loaded.nmap = nil, { registry = {} }
    assert.equal("nmap", hosts.here())
  end)

  it("is not mistaken for a module or global of the same name", function()
    _G.core, loaded.nmap = { other = true }, true
    assert.equal("plain", hosts.here())
  end)

  it("can be given, by name or as a table", function()
    local own = { wait = function() end }
    assert.equal(own, hosts.choose(own))
    assert.equal(require "mde.host.haproxy", hosts.choose "haproxy")
    for _, wrong in ipairs { "apache", {}, 7 } do
      local host, err = hosts.choose(wrong)
      assert.is_nil(host)
      assert.equal("invalid_argument", err.code)
      assert.matches("host: '", err.message, 1, true)
    end
    assert.equal(own, assert(mde.client { token = "x", host = own }).host)
  end)

  it("can be an event loop, unless that is missing", function()
    for _, name in ipairs { "cqueues", "luv" } do
      loaded["mde.host." .. name] = nil
      local before, module = package.preload[name], loaded[name]
      loaded[name] = nil
      package.preload[name] = function() error "no such module" end
      local host, err = hosts.choose(name)
      package.preload[name], loaded[name] = before, module
      assert.is_nil(host)
      assert.equal("invalid_argument", err.code)
      assert.matches("host: cannot load " .. name, err.message, 1, true)
    end
  end)

  it("names the missing dictionary in nginx", function()
    _G.ngx = { sleep = function() end, shared = {} }
    local store, err = hosts.store()
    assert.is_nil(store)
    assert.matches("lua_shared_dict mde 10m;", err.message, 1, true)
  end)

  it("sleeps with the function of each program", function()
    local slept = {}
    local function note(time) slept[#slept + 1] = time end
    _G.ngx, _G.core, loaded.stdnse = { sleep = note }, { msleep = note }, { sleep = note }
    local due
    local engine = { pollfd = function() end, timeout = function() return due end }
    for _, name in ipairs { "nginx", "haproxy", "nmap" } do
      require("mde.host." .. name).wait(engine, 1, 0.0225)
    end
    assert.same({ 0.0225, 23, 0.0225 }, slept)
    for _, seconds in ipairs { 0, 0.004, 1 } do
      due = seconds
      require "mde.host.nginx".wait(engine, 1, 0.0225)
      require "mde.host.haproxy".wait(engine, 1, 0.0225)
    end
    assert.same({ 0.0225, 23, 0.0225, 0.001, 1, 0.004, 4, 0.0225, 23 }, slept)
  end)

  it("ends a sleep in nginx with a semaphore, whose error it raises", function()
    local posted, waited = 0, {}
    loaded["ngx.semaphore"] = { new = function()
      return { post = function(_, n) posted = posted + n end, wait = function(_, seconds)
        waited[#waited + 1] = seconds
        return nil, seconds < 1 and "timeout" or "API disabled"
      end }
    end }
    local nginx = require "mde.host.nginx"
    local waiter = nginx.waiter()
    waiter:signal()
    nginx.wait({ pollfd = function() end, timeout = function() end }, 1, 0.0225, waiter)
    local ok, raised = pcall(waiter.wait, waiter, 1)
    loaded["ngx.semaphore"] = nil
    assert.same({ 1, { 0.0225, 1 } }, { posted, waited })
    assert.same({ false, "nginx: API disabled" }, { ok, raised })
  end)

  it("ends a sleep in HAProxy within 50 ms of the signal", function()
    local slept, waiter = {}, require "mde.host.haproxy".waiter()
    _G.core = { msleep = function(time)
      slept[#slept + 1] = time
      if #slept == 3 then waiter:signal() end
    end }
    waiter:wait(1)
    assert.same({ 50, 50, 50 }, slept)
    waiter = require "mde.host.haproxy".waiter()
    waiter:wait(0.07)
    assert.equal(5, #slept)
  end)

  it("runs a function in HAProxy without interruption", function()
    local haproxy = require "mde.host.haproxy"
    local thread = coroutine.create(function()
      haproxy.whole(function(a, b, c)
        assert.same({ 1, nil, 3 }, { a, b, c })
        coroutine.yield()
      end, 1, nil, 3)
    end)
    local went, raised = coroutine.resume(thread)
    assert.is_false(went)
    assert.matches("yield", raised)
  end)
end)

describe("client:pollfd() and timeout()", function()
  it("are for event loops", function()
    local client = assert(mde.client { token = "x", api_url = "http://127.0.0.1:1" })
    assert.equal("number", type(assert(client:pollfd())))
    assert.equal("r", client:events())
    client:step()
    assert.is_nil(client:timeout())
  end)

  it("give the engine's error, and the moment of the next call", function()
    local client, _, clock, engine = world.new()
    function engine.pollfd() return nil, { code = "no_descriptor", message = "none" } end
    function engine.timeout() return nil end
    assert.equal("no_descriptor", select(2, client:pollfd()).code)
    client:step()
    client.scheduler.quiet_until = clock.monotonic() + 7
    assert.equal(7, client:timeout())
    function engine.timeout() return 0.25 end
    assert.equal(0.25, client:timeout())
  end)
end)

describe("client:step()", function()
  local function with_call_in_flight()
    local client, service, clock = world.new { latency = 3 }
    local ids = world.add(service, 1)
    local thread = coroutine.create(function() client:cancel(ids[1], { comment = "x" }) end)
    client.host = { wait = coroutine.yield }
    return client, clock, thread
  end

  it("suggests a second if nothing is in flight", function()
    local client = world.new()
    assert.same({ 1, 1 }, { client:step() })
  end)

  it("suggests pauses that grow by half up to 50 ms while an answer is awaited", function()
    local client, clock, thread = with_call_in_flight()
    assert(coroutine.resume(thread))
    local began, pauses = clock.monotonic(), {}
    while clock.monotonic() < began + 2 do
      local pause, seconds = client:step()
      assert.is_true(seconds > 0.9)
      pauses[#pauses + 1] = pause
      clock.advance(pause)
    end
    assert.equal(0.002, pauses[1])  -- of the call and its token
    for i = 2, #pauses do
      assert.is_true(pauses[i] >= pauses[i - 1] - 1e-9)
      assert.is_true(pauses[i] <= pauses[i - 1] * 1.5 + 0.0006)
    end
    assert.equal(0.05, pauses[#pauses])
    assert.is_true(#pauses < 60)
  end)

  it("suggests longer pauses with more waiting threads", function()
    local client, service = world.new { latency = 3 }
    client.host = { wait = coroutine.yield }
    local threads = {}  -- one that is collected is a caller that is gone
    for count, id in ipairs(world.add(service, 60)) do
      threads[count] = coroutine.create(function() client:cancel(id, { comment = "x" }) end)
      assert(coroutine.resume(threads[count]))
      assert.near(math.min((1 + count) / 1000, 0.05), (client:step()), 1e-9)
    end
  end)

  it("gives the same to the host, and advances the calls of others", function()
    local client, clock, thread = with_call_in_flight()
    local waited
    client.host = { wait = function(_, seconds, pause)
      waited = { pause, seconds }
      coroutine.yield()
    end }
    assert(coroutine.resume(thread))
    assert.is_true(waited[1] > 0 and waited[1] <= 0.05 and waited[2] <= 1)
    while client.scheduler.tasks[1] do clock.advance((client:step())) end
    assert(coroutine.resume(thread))
    assert.equal("dead", coroutine.status(thread))
  end)
end)
