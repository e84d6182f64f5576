-- Judges each process by itself: it ends, and shows no traceback.

local time = require "spec.world.model.time"

local process_ends = {}

-- -> array of violations, as spec/world/model.lua has them
function process_ends.judge(observation)
  local violations = {}
  for number, event in ipairs(observation.events) do
    if event.kind == "output" and event.text:find("stack traceback", 1, true) then
      table.insert(violations, { rule = "traceback", text = event.text, events = { number } })
    end
  end
  for name, each in pairs(observation.processes) do
    if not (each.crashed or each.status or time.waits_for_quota(observation, name)) then
      table.insert(violations, { rule = "ends", text = name .. " does not end", events = {} })
    end
  end
  return violations
end

return process_ends
