-- Shrinks a plan: finds a short list of entries and actions with which a world still fails.

local json = require "spec.world.json"

local shrink = {}

local MOST = 400  -- worlds that are run for one plan

local function with(plan, key, list)
  local copy = {}
  for name, value in pairs(plan) do copy[name] = value end
  copy[key] = list
  return copy
end

local function without(list, first, count)
  local rest = {}
  for i, value in ipairs(list) do
    if i < first or i >= first + count then rest[#rest + 1] = value end
  end
  return rest
end

-- Drops parts of plan[key], large ones first. -> plan
local function reduce(plan, key, fails, budget)
  local size = math.max(1, #plan[key] // 2)
  while true do
    local dropped, first = false, 1
    while first <= #plan[key] and budget.left > 0 do
      local smaller = with(plan, key, without(plan[key], first, size))
      budget.left = budget.left - 1
      if fails(smaller) then plan, dropped = smaller, true else first = first + size end
    end
    if size == 1 and not dropped or budget.left <= 0 then return plan end
    size = math.max(1, size // 2)
  end
end

-- `fails(plan)`: whether the world of a plan still fails. -> plan
function shrink.plan(plan, fails)
  local budget = { left = MOST }
  plan = reduce(plan, "entries", fails, budget)
  plan = reduce(plan, "actions", fails, budget)
  return reduce(plan, "entries", fails, budget)
end

-- {{ A plan as Lua text, for spec/world/corpus

local function literal(value, indent)
  if type(value) ~= "table" then
    if math.type(value) == "float" then return ("%.17g"):format(value) end
    return ("%q"):format(value)
  end
  local parts, inner = {}, indent .. "  "
  if #value > 0 or next(value) == nil then
    for i, item in ipairs(value) do parts[i] = literal(item, inner) end
  else
    for key, item in json.pairs(value) do
      parts[#parts + 1] = ("[%q] = %s"):format(key, literal(item, inner))
    end
  end
  local text = table.concat(parts, ", ")
  if #text < 90 and not text:find "\n" then return "{ " .. text .. " }" end
  return "{\n" .. inner .. table.concat(parts, ",\n" .. inner) .. "\n" .. indent .. "}"
end

-- `about`: what it found.
function shrink.text(plan, about)
  return ("-- %s\n\nreturn %s\n"):format(about, literal(plan, ""))
end

-- }}

return shrink
