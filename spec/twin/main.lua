-- Runs twins, as a playbook: mde run main.lua FOLDER SEED, or FOLDER FIRST COUNT STEP.
--
-- Prints the violations of each seed that fails, and its timeline, which is also in
-- build/twin/SEED. A single seed prints its timeline in any case. Exits 1 if any fails.

package.path = "./?.lua;" .. package.path

local core = require "mde.core"
local kernel = require "mde.process"
local model = require "spec.world.model"
local postgresql = require "spec.support.postgresql"
local plans = require "spec.twin.plan"
local process_ends = require "spec.world.process_ends"
local processes = require "spec.twin.process"
local timeline = require "spec.world.timeline"
local twins = require "spec.twin.twin"

local SLOW = 10  -- seconds from which on a twin is named

debug.sethook()  -- a child that ends is no Ctrl-C
local folder = arg[1]
processes.terminal = folder .. "/terminal"

local server  -- PostgreSQL, once a plan needs it

-- Makes databases for the stores of a plan. -> function(store) -> URL
local function databases(plan)
  if plan.store ~= "postgresql" then return nil end
  server = server or postgresql.start()
  return function(store)
    local name = ("twin_%d_%s"):format(plan.seed, store)
    server:psql(("DROP DATABASE IF EXISTS %s WITH (FORCE);\nCREATE DATABASE %s"):format(name, name))
    return (server.url:gsub("/mde%?", "/" .. name .. "?"))
  end
end

local function judged(plan)
  local place = ("%s/%d"):format(folder, plan.seed)
  os.execute(("rm -rf %s; mkdir -p %s"):format(place, place))
  local observation = twins.run(plan, { folder = place, database = databases(plan) })
  local violations = model(observation)
  for _, violation in ipairs(process_ends.judge(observation)) do
    table.insert(violations, violation)
  end
  os.execute("rm -rf " .. place)
  return violations, observation
end

local function run_one(seed, is_shown)
  local violations, observation = judged(plans.draw(seed))
  local text = timeline.text(observation)
  if violations[1] then
    os.execute "mkdir -p build/twin"
    processes.write("build/twin/" .. seed, text)
  end
  if violations[1] or is_shown then io.write(text) end
  for _, violation in ipairs(violations) do
    print(("seed %d: %s: %s (events %s)"):format(seed, violation.rule, violation.text,
      table.concat(violation.events, ", ")))
  end
  return violations[1] == nil
end

local function run_many(first, count, step)
  local began, failed = core.monotonic(), 0
  for seed = first, first + (count - 1) * step, step do
    local start = core.monotonic()
    if not run_one(seed) then failed = failed + 1 end
    local seconds = core.monotonic() - start
    if seconds > SLOW then print(("seed %d took %.0f s"):format(seed, seconds)) end
  end
  print(("%d twins from seed %d, %d failed, %.1f s each"):format(count, first, failed,
    (core.monotonic() - began) / count))
  return failed == 0
end

io.stdout:setvbuf "line"
for _, name in ipairs(kernel.variables "MDE_") do kernel.setenv(name) end
local first, count, step = tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4] or 1)
local passed = count and run_many(first, count, step) or not count and run_one(first, true)
if server then server:stop() end
os.exit(passed and 0 or 1)
