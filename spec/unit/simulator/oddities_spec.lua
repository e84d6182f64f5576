-- Tests the oddities of the service, and the rules that select requests.

local sim = require "spec.support.sim"

local function odd(oddities)
  return sim.new { oddities = oddities }
end

-- The statuses of n requests for the action; "lost" where there is no answer.
local function statuses(asker, id, n)
  local seen = {}
  for i = 1, n do
    local status, _, answer = asker:get(id)
    seen[i] = answer.lost or status
  end
  return seen
end

describe("the requests that an oddity affects", function()
  it("can be all, none, selected by number, by operation or by a function", function()
    local function seen(when)
      local asker, service = odd { unavailable = when }
      return statuses(asker, service:add {}, 4)
    end
    assert.same({ 200, 200, 200, 200 }, seen(false))
    assert.same({ 503, 503, 503, 503 }, seen(true))
    assert.same({ 200, 503, 200, 200 }, seen { nth = 2 })
    assert.same({ 503, 200, 200, 503 }, seen { nth = { 1, 4 } })
    assert.same({ 503, 503, 503, 503 }, seen { operation = "get" })
    assert.same({ 200, 200, 200, 200 }, seen { operation = "cancel" })
    local count = 0
    assert.same({ 200, 200, 503, 503 }, seen(function(request, operation)
      count = count + 1
      return count > 2 and request.method == "GET" and operation == "get"
    end))
  end)

  it("are counted per operation", function()
    local asker, service = odd { unavailable = { nth = 2, operation = "cancel" } }
    local id = service:add {}
    assert.equal(200, (asker:cancel(service:add {})))
    assert.equal(200, (asker:get(id)))
    assert.equal(503, (asker:cancel(id)))
  end)

  it("can be random, the same for the same seed", function()
    local function seen(seed)
      local asker, service = sim.new {
        seed = seed, quota = false, oddities = { unavailable = 0.3 } }
      return statuses(asker, service:add {}, 300)
    end
    local list, struck = seen(7), 0
    for _, status in ipairs(list) do struck = struck + (status == 503 and 1 or 0) end
    assert.is_true(struck > 60 and struck < 120)
    assert.same(list, seen(7))
    assert.not_same(list, seen(8))
  end)

  it("cannot be selected by unknown keys", function()
    assert.has_error(function() odd { late = "sometimes" } end)
    assert.has_error(function() odd { late = 3 } end)
    assert.error_matches(function() odd { late = { often = true } } end, "unknown option 'often'")
    assert.error_matches(function() odd { late = { operation = "put" } } end, "no operation 'put'")
  end)
end)

describe("an odd cancel", function()
  it("of a final action may be answered with 404, or with 200 and no change", function()
    for _, as in ipairs { 404, 200, 400 } do
      local asker, service = odd { final_as = as }
      local id = service:add { status = "Succeeded" }
      local status, body = asker:cancel(id, "too late")
      assert.equal(as, status)
      if as == 200 then
        assert.equal("Succeeded", body.status)
        assert.equal(require "cjson".null, body.cancellationComment)
      end
      assert.equal("Succeeded", service:status(id))
    end
  end)

  it("may take effect late, and may be repeated meanwhile", function()
    local asker, service, clock = odd { cancel_takes = 20 }
    local id = service:add {}
    local status, body = asker:cancel(id, "first")
    assert.equal(200, status)
    assert.equal("Pending", body.status)
    assert.equal("first", body.cancellationComment)
    clock.advance(10)
    status, body = asker:cancel(id, "second")
    assert.equal(200, status)
    assert.equal("first", body.cancellationComment)
    clock.advance(10)
    assert.equal("Cancelled", service:status(id))
    assert.same({ 2, { true, false } }, { service:posted(id) })
  end)

  it("may come after the action's own end", function()
    local asker, service, clock = odd { cancel_takes = 20 }
    local id = service:add { age = 0, steps = { { 5, "InProgress" }, { 15, "Succeeded" } } }
    clock.advance(10)
    assert.equal(200, (asker:cancel(id)))
    clock.advance(30)
    assert.equal("Succeeded", service:status(id))
    assert.same({ 1, { false } }, { service:posted(id) })
  end)

  it("may come after the commands had completed", function()
    local asker, service, clock = odd { commands_completed = true }
    local id = service:add { type = "LiveResponse", age = 0, steps = { { 5, "InProgress" } },
      commands = { { type = "RunScript", params = { { key = "ScriptName", value = "a.ps1" } } } } }
    clock.advance(30)
    local _, body = asker:cancel(id)
    assert.equal("Cancelled", body.status)
    assert.equal("Completed", body.commands[1].commandStatus)
    assert.equal("2026-01-23T20:00:05Z", body.commands[1].startTime)
    assert.equal("2026-01-23T20:00:30Z", body.commands[1].endTime)
    local plain, other = sim.new()
    local _, untouched = plain:cancel(other:add { type = "LiveResponse",
      commands = { { type = "RunScript", params = {} } } })
    assert.equal("Created", untouched.commands[1].commandStatus)
  end)
end)

describe("an odd answer", function()
  -- Cancels one action under an oddity. -> answer, status of the action afterwards
  local function cancelled(oddities)
    local asker, service = odd(oddities)
    local id = service:add {}
    local _, _, answer = asker:cancel(id)
    return answer, service:status(id), service, id
  end

  it("is 500, 502 or 503 with HTML, of which 502 took effect", function()
    for name, case in pairs { internal_error = { 500, "Pending" }, unavailable = { 503, "Pending" },
                              bad_gateway = { 502, "Cancelled" } } do
      local answer, status = cancelled { [name] = true }
      assert.equal(case[1], answer.status)
      assert.equal("text/html", answer.headers["content-type"])
      assert.is_truthy(answer.body:find "^<html>")
      assert.equal(case[2], status)
    end
  end)

  it("is lost before or after the request took effect", function()
    local answer, status, service, id = cancelled { lost_before = true }
    assert.equal("before", answer.lost)
    assert.equal("Pending", status)
    assert.same({ 1, { false } }, { service:posted(id) })
    assert.equal(0, service:most_within(60, "cancel"))  -- it never arrived
    answer, status, service, id = cancelled { lost_after = true }
    assert.equal("after", answer.lost)
    assert.equal("Cancelled", status)
    assert.same({ 1, { true } }, { service:posted(id) })
    answer, status, service, id = cancelled { unreachable = true }
    assert.equal("unreachable", answer.lost)
    assert.equal("Pending", status)
    assert.same({ 0, {} }, { service:posted(id) })
  end)

  it("comes late, by the given time in addition to the latency", function()
    assert.equal(120, (cancelled { late = true }).delay)
    assert.equal(45, (cancelled { late = true, late_by = 45 }).delay)
    assert.equal(0, (cancelled {}).delay)
    local asker, service = sim.new { latency = 0.5, oddities = { late = true } }
    local _, _, answer = asker:get(service:add {})
    assert.equal(120.5, answer.delay)
    local random = sim.new { latency = function(random) return 1 + random() end }
    _, _, answer = random:list()
    assert.is_true(answer.delay >= 1 and answer.delay < 2)
  end)

  it("is half of its JSON", function()
    local answer = cancelled { cut_json = true }
    assert.equal(200, answer.status)
    assert.is_false((pcall(require "cjson".decode, answer.body)))
    assert.is_truthy(answer.body:find '^{"@odata.context"')
  end)

  it("is 401, and the token is invalid from then on", function()
    local asker, service = odd { revoked_token = { nth = 2 } }
    local id = service:add {}
    assert.same({ 200, 401, 401 }, statuses(asker, id, 3))
    asker.token = service:token()
    assert.same({ 200 }, statuses(asker, id, 1))
  end)

  it("is 429 within the quota, and perhaps without a header", function()
    local answer, status = cancelled { throttled = true, throttled_for = 9 }
    assert.equal(429, answer.status)
    assert.equal("9", answer.headers["retry-after"])
    assert.equal("Pending", status)
    answer = cancelled { throttled = true, no_retry_after = true }
    assert.is_nil(answer.headers["retry-after"])
    assert.is_truthy(answer.body:find("again in 8 seconds", 1, true))
  end)

  it("affects the token endpoint too, unless an operation is named", function()
    local function token(when)
      local asker, service = odd { unavailable = when }
      return (asker:ask("POST", "/" .. service.tenant .. "/oauth2/v2.0/token"))
    end
    assert.equal(503, token(true))
    assert.equal(503, token { operation = "token" })
    assert.equal(400, token { operation = "cancel" })
  end)
end)

describe("a rule of an oddity", function()
  it("can select all changes, or the whole API without sign-in", function()
    local asker, service = odd { internal_error = { operation = "changes" } }
    local id = service:add {}
    assert.equal(500, (asker:cancel(id)))
    assert.same({ 200 }, statuses(asker, id, 1))
    asker, service = odd { internal_error = { operation = "api" } }
    assert.same({ 500 }, statuses(asker, service:add {}, 1))
    assert.equal(400, (asker:ask("POST", "/" .. service.tenant .. "/oauth2/v2.0/token")))
  end)

  it("can apply from the n-th change on, for a while", function()
    local asker, service, clock = odd { unavailable = { operation = "api", after = 2, lasts = 60 } }
    local id = service:add {}
    assert.equal(200, (asker:cancel(id)))
    assert.equal(200, (asker:cancel(service:add {})))
    assert.same({ 200, 200 }, statuses(asker, id, 2))
    assert.equal(503, (asker:cancel(service:add {})))
    clock.advance(59)
    assert.same({ 503 }, statuses(asker, id, 1))
    clock.advance(1)
    assert.same({ 200 }, statuses(asker, id, 1))
    assert.equal(200, (asker:cancel(service:add {})))
  end)

  it("can apply to a share of the machines, always the same", function()
    local asker, service = sim.new { quota = false,
      oddities = { forbidden = { operation = "changes", share = 0.5 } } }
    local refused = 0
    for _ = 1, 100 do
      local id = service:add {}
      local status = asker:cancel(id)
      if status == 403 then refused = refused + 1 end
      assert.equal(status == 403 and 403 or 400, (asker:cancel(id)))
      assert.equal(status == 403 and "Pending" or "Cancelled", service:status(id))
      assert.same({ 200 }, statuses(asker, id, 1))
    end
    assert.is_true(refused > 35 and refused < 65)
  end)

  it("can be one of several", function()
    local asker, service = odd { unavailable = { { nth = 1 }, { operation = "cancel" } } }
    local id = service:add {}
    assert.same({ 503, 200 }, statuses(asker, id, 2))
    assert.equal(503, (asker:cancel(id)))
  end)
end)
