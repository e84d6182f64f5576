-- The breaker of an operation, known to all processes of an application through their store.

local clocks = require "mde.simulator.clock"
local participants = require "spec.support.participants"
local quotas = require "mde.call.quota"
local services = require "mde.simulator.service"
local stores = require "spec.support.stores"
local world = require "spec.support.world"

teardown(stores.stop)

local function limits() return 100, 1500 end

-- A process: process:call(method, …) calls a method of its quota, and commits.
local Process = {}
Process.__index = Process

function Process:call(method, ...)
  local result = self.quota[method](self.quota, ...)
  self.quota:flush()
  self.store:commit()
  self.quota:flushed()
  return result
end

local function process(name)
  local store = stores.open(name)
  return setmetatable({ store = store, quota = quotas.new(limits, 60, store:windows "t/a") },
    Process)
end

local function is_shared_through(kind)
  it("is shared through " .. kind, function()
    stores.prepare(kind)
    local first, second, now = process "a", process "b", stores.clock.monotonic()
    for i = 1, 5 do first:call("failed", "cancel", "item" .. i, now) end
    assert.is_nil(second:call("admit", "cancel", "x", now))
    assert.is_true(second:call("admit", "isolate", "x", now))
    assert.equal("probe", first:call("admit", "cancel", "y", now + 1))
    assert.is_nil(second:call("admit", "cancel", "x", now + 1))
    first:call("unprobed", "cancel", "y")
    assert.equal("probe", second:call("admit", "cancel", "x", now + 2))
    second:call("worked", "cancel", now + 2)
    first:call "look"
    assert.is_true(first:call("admit", "cancel", "y", now + 2))
    first:call("throttled", "cancel", "x", now + 3, now + 20)
    second:call "look"
    local state, moment = second.quota:admit("cancel", "z", now + 19)
    assert.is_nil(state)
    assert.is_true(moment <= now + 20.5, moment - now)
    assert.is_true(second.quota:bucket "cancel".breaker.is_throttled)
    assert.equal("probe", second:call("admit", "cancel", "z", now + 20.5))
    stores.clean()
  end)
end

describe("the breaker", function()
  for _, kind in ipairs { "sqlite", "postgresql", "nginx" } do is_shared_through(kind) end

  it("counts a failure after an answer that another process told before", function()
    stores.prepare "sqlite"
    local first, second, now = process "a", process "b", stores.clock.monotonic()
    first:call("failed", "cancel", "item0", now)
    second:call "look"
    second:call("worked", "cancel", now + 1)
    for i = 1, 3 do
      first.quota:failed("cancel", "item" .. i, now + 1 + i)
      if i == 2 then first.quota:look() end
    end
    first:call "look"
    second:call "look"
    for _, one in ipairs { first, second } do
      assert.equal(3, one.quota:bucket "cancel".breaker.count)
    end
    stores.clean()
  end)

  it("lets another process try once a probe was interrupted", function()
    stores.prepare "sqlite"
    local client, service = world.new({ clock = stores.clock, oddities = {
      throttled = { operation = "get", nth = { 1 } }, throttled_for = 5 } }, nil,
      function() return stores.open "a" end)
    function client.stop() return service:requests "get" == 2 and "at once" end
    local _, err = client:action(service:add {})
    assert.equal("interrupted", err.code)
    local windows = stores.open "b":windows(client.application)
    local other = quotas.new(limits, 60, windows)
    other:look()
    assert.is_true(other:bucket "get".breaker.open_since ~= false)
    assert.equal("probe", (other:admit("get", "x", stores.clock.monotonic())))
    stores.clean()
  end)

  it("writes nothing while the service answers", function()
    local quota = quotas.new(limits, 60, stores.portable "nginx":windows "t/a")
    for i = 1, 3 do
      assert.is_true(quota:admit("cancel", "item" .. i, i))
      quota:worked("cancel", i)
    end
    assert.same({}, quota.pending)
    stores.clean()
  end)
end)

local CANCELS = [[
local participant = require "spec.support.participant"
local given = ...
local store = require "mde.store.sql.sqlite".open(given.folder, participant.clock,
  participant.name)
local client = participant.client({}, { store = store })
return client:cancel_all(given.ids, { comment = "by mistake" }).counts]]

describe("three processes whose service fails for ten minutes", function()
  it("send few cancels meanwhile, and continue together", function()
    local clock = clocks.new()
    local began = clock.monotonic()
    local function fails()
      local passed = clock.monotonic() - began
      return passed > 20 and passed < 620
    end
    local service = services.new { clock = clock, oddities = {
      internal_error = function(request) return request.changes and fails() end } }
    local run = participants.new(service, clock, { round_trip = 0.1 })
    local folder = os.tmpname()
    os.remove(folder)
    for _, name in ipairs { "a", "b", "c" } do
      run:start(name, CANCELS, { folder = folder, ids = world.add(service, 150) })
    end
    local results = run:go()
    run:close()
    os.execute("rm -rf " .. folder)
    local cancelled = 0
    for _, result in pairs(results) do cancelled = cancelled + result.value.cancelled end
    local failed = service:requests("cancel", 500)
    assert.equal(450, cancelled)
    assert.is_true(failed <= 30 + 16, failed)
  end)
end)
