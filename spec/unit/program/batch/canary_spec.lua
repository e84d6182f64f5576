-- The canary of a batch.

local executions = require "spec.support.execution"

local run = executions.run

-- Removes some of the actions before the batch begins.
local function forget(count)
  return function(service, ids)
    local answer = service.answer
    local gone = {}
    for i = 1, count do gone[ids[i]] = true end
    function service.answer(self, request)
      local id = request.path:match "/machineactions/([%x-]+)"
      if gone[id] then request.path = request.path:gsub("[%x-]+$", ("0"):rep(36)) end
      if gone[id] and request.method == "POST" then
        request.path = "/api/machineactions/" .. ("0"):rep(36) .. "/cancel"
      end
      return answer(self, request)
    end
  end
end

describe("the canary", function()
  it("costs a healthy batch one list call and less than 5 s", function()
    for _, count in ipairs { 50, 51, 300 } do
      local with = run { count = count, parsed = { yes = true } }
      local without = run { count = count, parsed = { yes = true, canary = 0 } }
      assert.same({ 0, { cancelled = count } }, { with.result, with.verdicts })
      local lists = with.service:requests "list" - without.service:requests "list"
      assert.equal(count > 50 and 1 or 0, lists)
      assert.is_true(with.seconds - without.seconds < 5)
    end
  end)

  it("stops an unattended batch if two items end badly, and not one that is resumed", function()
    local found = run { count = 60, parsed = { yes = true }, resume = { yes = true },
                        arrange = forget(2) }
    assert.equal(3, found.result)
    assert.equal(10, found.verdicts.cancelled + found.verdicts.not_found)
    assert.equal("canary: 2 of 10 ended not_found", found.history[#found.history].detail)
    assert.truthy(found.err:find("Stopped: canary: 2 of 10 ended not_found", 1, true))
    assert.equal(0, found.resumed)
    assert.equal(0, found.open)
    assert.same({}, found.asked)
  end)

  it("can be judged if fewer items come than the batch has, since others were set aside", function()
    local canaries = require "mde.program.batch.canary"
    local canary = canaries.new({ kind_counts = function()
      return { cancel = 2, release = 2 }
    end }, 2)
    local function lane(kind, ...)
      local items, at = { ... }, 0
      return canary:lane(function()
        at = at + 1
        return items[at] and { id = items[at], change = kind, kind = kind }
      end, kind == "release")
    end
    local cancels, undos = lane("cancel", "a"), lane("release", "b")
    assert.same({ "a", "b" }, { cancels().id, undos().id })
    assert.same({}, { cancels(), undos() })
    assert.is_false(canary:is_due())
    canary:answered { id = "a", verdict = "cancelled" }
    canary:answered { id = "b", verdict = "undone" }
    assert.is_true(canary:is_due())
  end)

  it("asks at a terminal", function()
    for answer, status in pairs { y = 1, n = 3, [""] = 3 } do
      local found = run { count = 60, parsed = {}, answers = { answer }, arrange = forget(7) }
      assert.equal(status, found.result)
      assert.same({ "7 of 10 ended not_found. Continue? [y/N] " }, found.asked)
    end
  end)

  it("lets one bad end pass", function()
    local found = run { count = 60, parsed = { yes = true }, arrange = forget(1) }
    assert.same({ 1, { cancelled = 59, not_found = 1 } }, { found.result, found.verdicts })
  end)

  it("has as many items as wanted, in smaller batches too", function()
    local found = run { count = 20, parsed = { yes = true, canary = 3 }, arrange = forget(2) }
    assert.equal("canary: 2 of 3 ended not_found", found.history[#found.history].detail)
  end)

  it("shows the first isolations at a terminal, and asks before the rest", function()
    for answer, status in pairs { y = 0, n = 3 } do
      local found = run { count = 60, change = "isolate", parsed = {}, answers = { answer } }
      assert.equal(status, found.result)
      assert.same({ "Continue with the other 50? [y/N] " }, found.asked)
      local shown = found.err:match "read back:\n(.-)\n%d+ of 60 "
      assert.equal(10, select(2, shown:gsub("%f[^\n%z]launched +%S+%f[\n%z]", "")), found.err)
      assert.equal(status == 0 and 60 or 10, found.service:requests "isolate")
    end
    local found = run { count = 60, change = "isolate", parsed = { yes = true } }
    assert.same({ 0, {} }, { found.result, found.asked })
  end)

  it("sends nothing more if another process stops the batch while it asks", function()
    for _, last in ipairs { "y", "n", false } do
      local batch
      local function answer(clock)
        clock.advance(last and 0 or 2)
        batch:ask_stop("erin@soc2", "wrong list")
        return last
      end
      local found = run { count = 60, change = "isolate", parsed = {}, answers = { false, answer },
                          arrange = function(_, _, its_batch) batch = its_batch end }
      assert.same({ 130, 10, { "Continue with the other 50? [y/N] " } },
        { found.result, found.service:requests "isolate", found.asked })
      assert.truthy(found.err:find("Stopped by erin@soc2: wrong list: `mde resume b`", 1, true))
    end
  end)

  it("has ten of each change", function()
    local function change(i) return i <= 60 and "isolate" or "unisolate" end
    local found = run { count = 120, change = change, parsed = { yes = true },
                        oddities = { forbidden = { operation = "unisolate" } } }
    assert.equal("canary: 10 of 20 ended forbidden", found.history[#found.history].detail)
    assert.same({ 10, 10 },
      { found.service:requests "isolate", found.service:requests "unisolate" })
  end)

  it("covers the releases of a plan, which wait for cancels", function()
    local function change(i) return i <= 60 and "cancel" or "undo" end
    local found = run { count = 120, change = change, plan = "hash", parsed = { yes = true } }
    assert.same({ 0, 60, 60 },
      { found.result, found.verdicts.cancelled, found.verdicts.undo_accepted })
    found = run { count = 120, change = change, plan = "hash", parsed = { yes = true },
                  oddities = { forbidden = { operation = "unisolate" } } }
    assert.equal(10, found.verdicts.cancelled)
    assert.equal(10, found.service:requests "unisolate")
    assert.equal("canary: 10 of 20 ended forbidden", found.history[#found.history].detail)
  end)

  it("covers open isolations to undo, which are cancelled beside the releases", function()
    local found = run { count = 120, change = "undo", parsed = { yes = true }, plan = "hash",
                        status = function(i) return i <= 60 and "Pending" or "Succeeded" end }
    assert.same({ 0, 60, 60 },
      { found.result, found.verdicts.cancelled, found.verdicts.undo_accepted })
  end)

  it("ends when the service has accepted its items, also with --wait", function()
    local found = run { count = 60, change = "undo", parsed = { yes = true, wait = true },
                        arrange = function(service)
                          function service.launch_course() return { { 400, "Succeeded" } } end
                        end }
    assert.same({ 0, 60 }, { found.result, found.verdicts.undone })
    assert.is_true(found.seconds < 500, found.seconds)
  end)

  it("waits for reads that lag behind", function()
    local found = run { count = 60, change = "isolate", parsed = { yes = true },
                        oddities = { reading_lags = 15, list_lags = 15 } }
    assert.equal(0, found.result)
    assert.is_true(found.seconds < 40, found.seconds)
  end)

  it("fails if the service does not have what it confirmed", function()
    local found = run { count = 60, parsed = { yes = true }, arrange = function(service)
      local answer = service.answer
      function service.answer(self, request)
        local given = answer(self, request)
        if request.method == "GET" then given.body = given.body:gsub('"Cancelled"', '"Pending"') end
        return given
      end
    end }
    assert.equal(3, found.result)
    assert.equal("canary: 10 of 10 ended unknown", found.history[#found.history].detail)
  end)
end)

describe("a batch of watch that is stopped by its canary", function()
  it("is closed", function()
    local found = run { count = 60, parsed = { stop_reason = function() end }, arrange = forget(3) }
    assert.same({ 3, true }, { found.result.status, found.result.is_closed })
    assert.equal("canary: 3 of 10 ended not_found", found.batch.closed)
  end)
end)
