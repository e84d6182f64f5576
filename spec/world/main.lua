-- Runs worlds: main.lua FIRST COUNT [FOLDER]. Prints the seeds that fail, and exits 1 if any does.

local core = require "mde.core"
local plans = require "spec.world.plan"
local provisional = require "spec.world.provisional"
local timeline = require "spec.world.timeline"
local worlds = require "spec.world.world"

local first, count = tonumber(arg[1]), tonumber(arg[2] or 1)
local folder = arg[3] or "/dev/shm"
local SLOW = tonumber(os.getenv "SLOW") or math.huge

io.stdout:setvbuf "line"
local began, failed = core.monotonic(), 0
for seed = first, first + count - 1 do
  local started = os.clock()
  if os.getenv "SHOW" then io.stderr:write(seed, "\n") end
  local observation = worlds.run(plans.draw(seed), folder)
  local violations = provisional.judge(observation)
  if count == 1 then io.write(timeline.text(observation)) end
  if os.clock() - started > SLOW then print(seed, "slow", os.clock() - started, observation.ended - observation.began, #observation.events) end
  if violations[1] then
    failed = failed + 1
    for i, violation in ipairs(violations) do
      if i > 3 then break end
      print(("seed %d: %s: %s"):format(seed, violation.rule, violation.text:sub(1,300)))
    end
  end
end
print(("%d worlds, %d failed, %.0f ms each"):format(count, failed,
  (core.monotonic() - began) * 1000 / count))
os.exit(failed == 0 and 0 or 1)
