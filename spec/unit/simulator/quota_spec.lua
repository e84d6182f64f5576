-- Tests the simulated quota.

local sim = require "spec.support.sim"

-- Asks for lists until one is refused. -> how many were answered, the refusal
local function burst(asker)
  local count = 0
  while true do
    local status, body, answer = asker:list { top = 0 }
    if status ~= 200 then return count, body, answer end
    count = count + 1
  end
end

describe("the simulated quota", function()
  it("refuses the 101st request in a minute, like the service", function()
    local asker, service, clock = sim.new()
    asker:list { top = 0 }
    clock.advance(20.25)
    local count, body, answer = burst(asker)
    assert.equal(99, count)
    assert.equal(429, answer.status)
    assert.equal("40", answer.headers["retry-after"])
    assert.equal("429", body.error.code)
    assert.equal("API calls quota exceeded! Maximum allowed 100 per 00:01:00 for the key "
      .. "Destination+TenantID+AppID. You can send requests again in 40 seconds.",
      body.error.message)
    assert.equal(1, service:requests("list", 429))
  end)

  it("admits a request when the oldest has left the window", function()
    local asker, _, clock = sim.new { quota = { per_minute = 2 } }
    asker:list()
    clock.advance(30)
    asker:list()
    clock.advance(29.75)
    assert.equal(429, (asker:list()))
    clock.advance(0.25)
    assert.equal(200, (asker:list()))
    assert.equal(429, (asker:list()))
    clock.advance(30)
    assert.equal(200, (asker:list()))
  end)

  it("also counts 1500 in an hour, and names the full window", function()
    local asker, service, clock = sim.new { token_lifetime = 7200 }
    for _ = 1, 15 do
      assert.equal(100, (burst(asker)))
      clock.advance(60)
    end
    local count, body, answer = burst(asker)
    assert.equal(0, count)
    assert.equal("2700", answer.headers["retry-after"])
    assert.is_truthy(body.error.message:find("1500 per 01:00:00", 1, true))
    clock.advance(2700)
    assert.equal(100, (burst(asker)))
    assert.equal(101, service:most_within(60, "list"))  -- the refused one too
  end)

  it("does not count refused requests", function()
    local asker, _, clock = sim.new { quota = { per_minute = 1 } }
    for _ = 1, 6 do
      assert.equal(200, (asker:list()))
      clock.advance(30)
      assert.equal(429, (asker:list()))
      clock.advance(30)
    end
  end)

  it("counts each operation separately", function()
    local asker, service = sim.new { quota = { per_minute = 1 } }
    local id = service:add {}
    assert.equal(200, (asker:list()))
    assert.equal(200, (asker:get(id)))
    assert.equal(200, (asker:cancel(id)))
    assert.equal(429, (asker:list()))
    assert.equal(429, (asker:get(id)))
    assert.equal(429, (asker:cancel(id)))
    assert.same({ 2, { true, false } }, { service:posted(id) })
  end)

  it("is lower for some operations, in proportion", function()
    local function admitted(options, path, post)
      options.roles = { "Machine.LiveResponse", "Machine.Read.All" }
      local asker, _, clock = sim.new(options)
      local count = 0
      for _ = 1, 10 do
        while true do
          local status = post and asker:post(path, "{}") or asker:ask("GET", path)
          if status == 429 then break end
          assert.is_true(status == 400 or status == 404)
          count = count + 1
        end
        clock.advance(60)
      end
      return count
    end
    local response = "/machines/x/runliveresponse"
    local package = "/api/machineactions/x/getPackageUri"
    assert.equal(100, admitted({}, response, true))
    assert.equal(20, admitted({}, package))
    local half = { per_minute = 50, per_hour = 750 }
    assert.equal(50, admitted({ quota = half }, response, true))
    assert.equal(10, admitted({ quota = half }, package))
    assert.equal(10, admitted({ quota = { per_minute = 1 } }, package))  -- never less than one
  end)

  it("can be without a limit, or with one window", function()
    local free = sim.new { quota = false }
    for _ = 1, 300 do assert.equal(200, (free:list { top = 0 })) end
    local hourly = sim.new { quota = { per_hour = 3 } }
    assert.equal(3, (burst(hourly)))
  end)
end)
