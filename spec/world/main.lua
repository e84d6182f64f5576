-- Runs worlds: main.lua FIRST COUNT. Prints the seeds that fail, and exits 1 if any does.

local core = require "mde.core"
local plans = require "spec.world.plan"
local provisional = require "spec.world.provisional"
local timeline = require "spec.world.timeline"
local worlds = require "spec.world.world"

local first, count = tonumber(arg[1]), tonumber(arg[2] or 1)
local folder = arg[3] or "/dev/shm"
local began, failed = core.monotonic(), 0
for seed = first, first + count - 1 do
  local observation = worlds.run(plans.draw(seed), folder)
  local violations = provisional.judge(observation)
  if count == 1 then io.write(timeline.text(observation)) end
  if violations[1] then
    failed = failed + 1
    for _, violation in ipairs(violations) do
      print(("seed %d: %s: %s"):format(seed, violation.rule, violation.text))
    end
  end
end
print(("%d worlds, %d failed, %.0f ms each"):format(count, failed,
  (core.monotonic() - began) * 1000 / count))
os.exit(failed == 0 and 0 or 1)
