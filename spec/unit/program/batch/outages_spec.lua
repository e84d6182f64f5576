-- Ways in which the service fails a batch of 300 cancels: prints and checks what each costs.

local executions = require "spec.support.execution"
local verdicts = require "mde.service.verdicts"

local COUNT = 300

-- A service that answers 503 also says when to ask again.
local function ask_again_later(service)
  local answer = service.answer
  function service.answer(self, request)
    local given = answer(self, request)
    if given.status == 503 then given.headers["retry-after"] = "30" end
    return given
  end
end

-- Five of the cancels always fail.
local function keep_five_stuck(service, ids)
  local stuck, answer = {}, service.answer
  for i = 60, COUNT, 60 do stuck["/api/machineactions/" .. ids[i] .. "/cancel"] = true end
  function service.answer(self, request)
    self.is_stuck = stuck[request.path]
    return answer(self, request)
  end
end

-- Oddities of a service that fails for 3 s of every 7 s.
local function flapping(clock)
  return { internal_error = function() return clock.monotonic() % 7 < 3 end }
end

local function is_stuck(_, service)
  return { internal_error = function() return service().is_stuck end }
end

local api = { operation = "api" }

-- Each case, and what it costs with a canary and without: POSTs, seconds, exit status, verdicts.
local CASES = {
  { "500 at once", oddities = { internal_error = api },
    { 10, 27, 3, "290 unsent, 10 unknown" }, { 10, 1801, 4, "290 unsent, 10 unknown" } },
  { "500 to changes", oddities = { internal_error = { operation = "changes" } },
    { 20, 1801, 4, "290 unsent, 10 unknown" } },
  { "500 after 40", oddities = { internal_error = { operation = "api", after = 40 } },
    { 50, 1801, 4, "40 cancelled, 250 unsent, 10 unknown" } },
  { "500 after 40, plan", plan = "hash",
    oddities = { internal_error = { operation = "api", after = 40 } },
    { 50, 93, 4, "40 cancelled, 250 unsent, 10 unknown" } },
  { "503, Retry-After", oddities = { unavailable = api }, arrange = ask_again_later,
    { 10, 242, 3, "290 unsent, 10 unknown" }, { 10, 1801, 4, "290 unsent, 10 unknown" } },
  { "hang", oddities = { late = api, late_by = 1000 },
    { 10, 686, 3, "290 unsent, 10 unknown" }, { 10, 1860, 4, "290 unsent, 10 unknown" } },
  { "reset", oddities = { lost_before = api },
    { 10, 27, 3, "290 unsent, 10 unknown" }, { 10, 1801, 4, "290 unsent, 10 unknown" } },
  { "half 403", oddities = { forbidden = { operation = "cancel", share = 0.5 } },
    { 10, 0, 3, "6 cancelled, 4 forbidden, 290 unsent" },
    { 300, 123, 1, "148 cancelled, 152 forbidden" } },
  { "all 403", oddities = { forbidden = { operation = "cancel" } },
    { 10, 0, 5, "10 forbidden, 290 unsent" } },
  { "five stuck", oddities = is_stuck, arrange = keep_five_stuck,
    { 320, 633, 1, "295 cancelled, 5 error" } },
  { "token revoked", oddities = { revoked_token = { operation = "api", after = 40 } },
    { 53, 1, 5, "40 cancelled, 1 error, 259 unsent" } },
  { "429 for ever", oddities = { throttled = api },
    { 20, 1801, 4, "300 unsent" } },
  { "429 for ever, plan", plan = "hash", oddities = { throttled = api },
    { 0, 1801, 4, "300 unsent" } },
  { "429, waits of 50 min", oddities = { throttled = api, throttled_for = 3000 },
    { 11, 3001, 4, "300 unsent" } },
  { "DNS gone", oddities = { unreachable = api }, { 0, 1800, 4, "300 unsent" } },
  { "slow, 20 s", latency = 20,
    { 300, 263, 0, "300 cancelled" }, { 300, 243, 0, "300 cancelled" } },
  { "slow, 20 s, isolate", change = "isolate", latency = 20,
    { 300, 283, 0, "300 launched" }, { 300, 243, 0, "300 launched" } },
  { "flapping", oddities = flapping, { 340, 200, 0, "300 cancelled" } },
}

-- Verdicts in their order. An item without one was not sent, or its answer does not count.
local function text_of(counts)
  local texts, left = {}, COUNT
  for _, count in pairs(counts) do left = left - count end
  for _, name in ipairs(verdicts.names) do
    local count = (counts[name] or 0) + (name == "unsent" and left or 0)
    if count > 0 then texts[#texts + 1] = count .. " " .. name end
  end
  return table.concat(texts, ", ")
end

-- Checks a case, with the default canary or with `canary`, and prints its row of the table.
local function check(case, expected, canary)
  local found = executions.run { count = COUNT, change = case.change, plan = case.plan,
    oddities = case.oddities, latency = case.latency, arrange = case.arrange,
    parsed = { yes = true, parallel = 40, canary = canary } }
  local row = { found.service:requests(case.change or "cancel"), math.floor(found.seconds + 0.5),
                found.result, text_of(found.verdicts) }
  print(("# | %s%s | %d | %d | %s | %d |"):format(case[1], canary and ", no canary" or "", row[1],
    row[2], row[4], row[3]))
  assert.is_true(row[1] <= expected[1] and row[2] <= expected[2] + 2,
    ("%s: %d POSTs, %d s"):format(case[1], row[1], row[2]))
  assert.same({ expected[3], expected[4] }, { row[3], row[4] })
end

describe("a batch of 300 cancels", function()
  for _, case in ipairs(CASES) do
    it("costs little: " .. case[1], function()
      check(case, case[2])
      check(case, case[3] or case[2], 0)
    end)
  end
end)
