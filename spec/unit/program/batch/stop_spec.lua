-- Stops batches from another process, under a virtual clock.

local executions = require "spec.support.execution"
local folders = require "spec.support.folder"
local stores = require "spec.support.stores"

local folder = folders.new()

teardown(stores.stop)

local api, reads = { operation = "api" }, { { operation = "get" }, { operation = "list" } }

-- Each: in what the batch is stopped, after how many seconds, and the seconds until its requests in
-- flight are answered.
local CASES = {
  { "its canary, in flight", at = 5, latency = 20, flight = 15 },
  { "its canary, read back", at = 12, show = "Pending" },
  { "a breaker's pause", at = 400, canary = 0, oddities = { internal_error = api } },
  { "a breaker's pause while reads work", at = 400,
    oddities = { internal_error = { operation = "changes" } } },
  { "a breaker's pause before a launch", at = 400, canary = 0, change = "isolate",
    oddities = { internal_error = api } },
  { "the reads of lost answers", at = 20, flight = 1,
    oddities = { lost_after = { operation = "changes" }, internal_error = reads } },
  { "an hour's quota pause", at = 2000,
    options = { quota = { per_minute = 100, per_hour = 150 } } },
  { "an hour's quota pause of the reads", at = 1000,
    oddities = { lost_after = { operation = "changes" }, throttled = reads,
                 throttled_for = 3000 } },
  { "a pause that the service asks for", at = 1000,
    oddities = { throttled = api, throttled_for = 3000 } },
}

-- Reads show this status of cancelled actions.
local function show(service, status)
  local answer = service.answer
  function service.answer(self, request)
    local given = answer(self, request)
    if request.method == "GET" and status then
      given.body = given.body:gsub('"Cancelled"', '"' .. status .. '"')
    end
    return given
  end
end

-- Carries out a batch of 300 and stops it, through a second connection if the store has several.
local function check(case, kind)
  stores.prepare(kind)
  local asked_at, posts, clock
  local found = executions.run {
    count = 300, change = case.change, latency = case.latency, oddities = case.oddities,
    options = case.options, state = folder.path "":sub(1, -2),
    parsed = { yes = true, canary = case.canary },
    open = function(its_clock)
      clock, stores.clock = its_clock, its_clock
      return stores.open "first"
    end,
    arrange = function(service, _, batch)
      show(service, case.show)
      clock.at(clock.monotonic() + case.at, function()
        asked_at, posts = clock.monotonic(), service:requests(case.change or "cancel")
        stores.open "second".journal:find(batch.name):ask_stop("erin@soc2", "wrong list")
      end)
    end,
  }
  assert.equal(130, found.result, found.err)
  assert.truthy(found.err:find("Stopped by erin@soc2: wrong list", 1, true))
  assert.equal(posts, found.service:requests(case.change or "cancel"))
  local seconds = clock.monotonic() - asked_at
  assert.is_true(seconds <= 2 + (case.flight or 0), ("%s: %.1f s"):format(case[1], seconds))
end

describe("a batch that another process stops", function()
  before_each(function()
    folder.make()
    assert(os.execute("mkdir " .. folder.path "mde"))
  end)
  after_each(function()
    stores.clean()
    folder.remove()
  end)

  for _, kind in ipairs { "sqlite", "postgresql" } do
    for _, case in ipairs(CASES) do
      it(("ends within two seconds in %s, on %s"):format(case[1], kind), function()
        check(case, kind)
      end)
    end
  end
end)
