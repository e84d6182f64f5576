-- A provisional judge, until spec/world/model.lua exists.

local provisional = {}

function provisional.judge(observation)
  local violations = {}
  local function add(rule, text, ...)
    violations[#violations + 1] = { rule = rule, text = text, events = { ... } }
  end
  for number, event in ipairs(observation.events) do
    if event.kind == "defect" then add("defect", event.text, number) end
  end
  return violations
end

return provisional
