-- Runs worlds: main.lua SEED, or main.lua FIRST COUNT STEP. Exits 1 if any fails.
--
-- A single seed prints its timeline. For each seed that fails, prints the violations and the
-- shortest list of entries that still fails, and writes that plan to build/world/SEED.lua.

local core = require "mde.core"
local json = require "spec.world.json"
local judged = require "spec.world.judged"
local plans = require "spec.world.plan"
local shrink = require "spec.world.shrink"
local timeline = require "spec.world.timeline"

local SHOWN = 5  -- violations per seed

local function show(seed, violations)
  for i = 1, math.min(#violations, SHOWN) do
    local violation = violations[i]
    print(("seed %d: %s: %s (events %s)"):format(seed, violation.rule, violation.text,
      table.concat(violation.events, ", ")))
  end
end

local function fails_by(rule)
  return function(plan)
    for _, violation in ipairs((judged(plan))) do
      if violation.rule == rule then return true end
    end
    return false
  end
end

local function write(seed, plan, about)
  os.execute "mkdir -p build/world"
  local file = assert(io.open(("build/world/%d.lua"):format(seed), "w"))
  file:write(shrink.text(plan, about))
  file:close()
end

-- Shrinks a plan that fails, and shows it. -> the violations and the observation of the small one
local function explain(seed, plan, violations)
  local small = shrink.plan(plan, fails_by(violations[1].rule))
  write(seed, small, violations[1].text:match "[^\n]*")
  print(("seed %d: shortest plan that fails (build/world/%d.lua), %d actions:"):format(seed, seed,
    #small.actions))
  for _, entry in ipairs(small.entries) do print("  " .. json.encode(entry)) end
  return judged(small)
end

local function run_one(seed)
  local plan = plans.draw(seed)
  local violations, observation = judged(plan)
  if violations[1] then
    violations, observation = explain(seed, plan, violations)
  end
  io.write(timeline.text(observation))
  show(seed, violations)
  return violations[1] == nil
end

local function run_many(first, count, step)
  local began, failed = core.monotonic(), 0
  for seed = first, first + (count - 1) * step, step do
    local plan = plans.draw(seed)
    local violations = judged(plan)
    if violations[1] then
      failed = failed + 1
      show(seed, violations)
      if not os.getenv "QUICK" then explain(seed, plan, violations) end
    end
  end
  print(("%d worlds from seed %d, %d failed, %.0f ms each"):format(count, first, failed,
    (core.monotonic() - began) * 1000 / count))
  return failed == 0
end

io.stdout:setvbuf "line"
local first, count, step = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3] or 1)
os.exit((count and run_many(first, count, step) or not count and run_one(first)) and 0 or 1)
