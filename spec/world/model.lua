-- Judges what happened in a world: every violation of what the documents promise.
--
-- judge(observation) -> array of { rule, text, events }; spec/world/observation.md describes both.
-- Written from the documents alone. It shares no code with the program.

local facts = require "spec.world.model.facts"

local RULES = {
  "window", "post", "verdict", "audit", "secret", "agreement", "guard", "stop", "release",
  "canary", "breaker", "finish", "pace", "output", "waits", "parallel", "plan", "status", "turns",
  "throttle",
}
for i, name in ipairs(RULES) do RULES[i] = require("spec.world.model." .. name) end

local function ascending(numbers)
  local seen, list = {}, {}
  for _, number in ipairs(numbers or {}) do
    if not seen[number] then
      seen[number] = true
      list[#list + 1] = number
    end
  end
  table.sort(list)
  return list
end

return function(observation)
  local violations = {}
  local function report(rule, events, text, ...)
    table.insert(violations,
      { rule = rule, text = text:format(...), events = ascending(events) })
  end
  local world = facts(observation)
  for _, rule in ipairs(RULES) do rule(world, report) end
  return violations
end
