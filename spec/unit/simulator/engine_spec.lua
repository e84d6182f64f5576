-- Tests the engine over a simulated service.

local engines = require "mde.simulator.engine"
local owner = require "spec.support.exchange".owner
local sim = require "spec.support.sim"

local BASE = "https://api.security.microsoft.com/api/machineactions"

-- -> engine, service, clock, ask(path, fields of the request) -> id
local function new(options)
  local asker, service, clock = sim.new(options)
  local engine = engines.new(service, 0.25)
  return engine, service, clock, function(path, request)
    request = request or {}
    request.url = BASE .. (path or "")
    request.headers = request.headers or { Authorization = "Bearer " .. asker.token }
    return engine:start(request, owner())
  end
end

local function cancel(token, timeout)
  return { method = "POST", body = '{"Comment":"x"}', timeout = timeout,
           headers = { Authorization = "Bearer " .. token, ["Content-Type"] = "application/json" } }
end

describe("the engine in process", function()
  it("answers after a round trip of virtual time", function()
    local engine, _, clock, ask = new()
    local start = clock.monotonic()
    local id = ask()
    assert.equal(0, engine:step())
    assert.is_false(engine:take(id))
    assert.equal(1, engine:poll(1))
    assert.equal(0.25, clock.monotonic() - start)
    local response = engine:take(id)
    assert.equal(200, response.status)
    assert.equal(0.25, response.seconds)
    assert.is_truthy(response.body:find '"value":%[%]')
    assert.is_truthy(response.headers["content-type"])
  end)

  it("returns an answer once", function()
    local engine, _, _, ask = new()
    local id = ask()
    engine:poll(1)
    assert.is_truthy(engine:take(id))
    assert.equal(0, engine:step())
    local response, err = engine:take(id)
    assert.is_nil(response)
    assert.equal("lost", err.code)
  end)

  it("lets time pass only in poll, as requested, at most a second", function()
    local engine, _, clock = new()
    local start = clock.monotonic()
    engine:step()
    assert.equal(0, clock.monotonic() - start)
    assert.equal(0, engine:poll(0.5))
    assert.equal(0.5, clock.monotonic() - start)
    engine:poll(60)
    assert.equal(1.5, clock.monotonic() - start)
  end)

  it("does not count an old answer as an event", function()
    local engine, _, clock, ask = new()
    ask()
    engine:poll(1)
    local moment = clock.monotonic()
    assert.equal(1, engine:poll(1))
    assert.equal(1, clock.monotonic() - moment)
  end)

  it("carries many requests at once, each with its own answer", function()
    local engine, service, clock, ask = new()
    local flights, start = {}, clock.monotonic()
    for i = 1, 50 do
      local action = service:add { comment = "number " .. i }
      flights[ask("/" .. action)] = "number " .. i
    end
    engine:poll(1)
    assert.equal(50, engine:step())
    assert.equal(0.25, clock.monotonic() - start)
    for id, comment in pairs(flights) do
      assert.is_truthy(engine:take(id).body:find(comment, 1, true))
    end
    assert.equal(0, engine:step())
  end)

  it("reaches the service after half of the round trip", function()
    local engine, service, clock, ask = new()
    ask()
    clock.advance(0.12)
    assert.equal(0, service:requests())
    clock.advance(0.01)
    assert.equal(1, service:requests())
    assert.equal(0, engine:step())
  end)

  it("sees time that passes elsewhere", function()
    local engine, _, clock, ask = new()
    local id = ask()
    clock.advance(5)
    assert.equal(1, engine:step())
    assert.equal(0.25, engine:take(id).seconds)
  end)

  it("shares a clock and a service with other engines", function()
    local engine, service, clock, ask = new { quota = { per_minute = 1 } }
    local other = engines.new(service, 0.4)
    local token = service:token()
    local mine = ask()
    local theirs = other:start({ url = BASE, headers = { Authorization = "Bearer " .. token } },
      owner())
    clock.advance(1)
    assert.equal(1, engine:step())
    assert.equal(1, other:step())
    assert.equal(200, engine:take(mine).status)
    assert.equal(429, other:take(theirs).status)
  end)

  it("reveals secrets only to the service", function()
    local engine, service, _, _ = new()
    local function secret(text)
      return setmetatable({}, { __index = { reveal = function() return text end } })
    end
    local id = engine:start({ method = "POST", body = secret "grant_type=client_credentials",
      url = "https://login.microsoftonline.com/" .. service.tenant .. "/oauth2/v2.0/token",
      headers = { ["Content-Type"] = "application/x-www-form-urlencoded" } }, owner())
    engine:poll(1)
    assert.is_truthy(engine:take(id).body:find "client_id")
    local header = secret("Bearer " .. service:token())
    id = engine:start({ url = BASE, headers = { Authorization = header } }, owner())
    engine:poll(1)
    assert.equal(200, engine:take(id).status)
  end)

  it("reports lost answers, and unreachable hosts as never sent", function()
    for name, case in pairs { lost_before = { "lost", true }, lost_after = { "lost", true },
                              unreachable = { "connection", false } } do
      local engine, _, _, ask = new { oddities = { [name] = true } }
      local id = ask()
      engine:poll(1)
      local response, err = engine:take(id)
      assert.is_nil(response)
      assert.equal(case[1], err.code)
      assert.equal(case[2], err.sent)
      assert.equal("string", type(err.message))
    end
  end)

  it("ends a request at its timeout, though it takes effect", function()
    local engine, service, clock = new { oddities = { late = true, late_by = 120 } }
    local action, start = service:add {}, clock.monotonic()
    local request = cancel(service:token(), 30)
    request.url = BASE .. "/" .. action .. "/cancel"
    local id = engine:start(request, owner())
    while engine:poll(1) == 0 do assert.is_false(engine:take(id)) end
    assert.equal(30, clock.monotonic() - start)
    local response, err = engine:take(id)
    assert.is_nil(response)
    assert.equal("timeout", err.code)
    assert.is_true(err.sent)
    assert.equal("Cancelled", service:status(action))
    clock.advance(200)
    assert.equal(0, engine:step())
  end)

  it("forgets abandoned requests, in flight or answered", function()
    local engine, service, clock, ask = new()
    local first, second = ask(), ask()
    engine:abandon(first)
    engine:poll(1)
    assert.equal(1, engine:step())
    engine:abandon(second)
    engine:abandon(second)
    assert.equal(0, engine:step())
    clock.advance(100)
    assert.equal(0, engine:step())
    assert.equal(2, service:requests())
  end)

  it("refuses a malformed URL, unknown fields, and use after close", function()
    local engine, _, _, ask = new()
    local id, err = engine:start({ url = "api/machineactions" }, owner())
    assert.is_nil(id)
    assert.equal("invalid_request", err.code)
    assert.is_false(err.sent)
    assert.error_matches(function() ask("", { metod = "GET" }) end, "unknown option 'metod'")
    engine:close()
    engine:close()
    assert.error_matches(function() engine:step() end, "closed")
  end)
end)
