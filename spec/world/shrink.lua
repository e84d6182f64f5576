-- Shrinks a plan: finds a short list of entries and actions with which a world still fails.

local json = require "spec.world.json"

local shrink = {}

local MOST = 250  -- worlds that are run for one plan

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

-- Drops parts of the list plan[key], large ones first. -> plan
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

-- Drops words of the command lines. -> plan
local function reduce_words(plan, fails, budget)
  for i = 1, #plan.entries do
    local function replaced(entry)
      local entries = without(plan.entries, 0, 0)
      entries[i] = entry
      return with(plan, "entries", entries)
    end
    if plan.entries[i].argv then
      plan = replaced(reduce(plan.entries[i], "argv", function(entry)
        return fails(replaced(entry))
      end, budget))
    end
  end
  return plan
end

-- Drops the machines that no action or entry names, if it still fails. -> plan
local function without_idle_machines(plan, fails)
  local text, machines = json.encode(plan.entries) .. json.encode(plan.actions), {}
  for _, machine in ipairs(plan.machines) do
    if text:find(machine.id, 1, true) then machines[#machines + 1] = machine end
  end
  local smaller = with(plan, "machines", machines)
  return fails(smaller) and smaller or plan
end

-- `fails(plan)`: whether the world of a plan still fails. -> plan
function shrink.plan(plan, fails)
  local budget = { left = MOST }
  plan = reduce(plan, "entries", fails, budget)
  plan = reduce(plan, "actions", fails, budget)
  plan = reduce_words(plan, fails, budget)
  return without_idle_machines(plan, fails)
end

-- A plan as Lua text, for spec/world/corpus

-- Words, as many as fit into each line.
local function filled(parts, indent)
  local text, column = "", #indent
  for i, part in ipairs(parts) do
    local is_first = i == 1
    if not is_first then text, column = text .. ",", column + 1 end
    if not is_first and column + 1 + #part > 95 then
      text, column = text .. "\n" .. indent, #indent
    elseif not is_first then
      text, column = text .. " ", column + 1
    end
    text, column = text .. part, column + #part
  end
  return text
end

local function literal(value, indent)
  if type(value) ~= "table" then
    if math.type(value) == "float" then return ("%.17g"):format(value) end
    return ("%q"):format(value)
  end
  if next(value) == nil then return "{}" end
  local parts, inner = {}, indent .. "  "
  if #value > 0 then
    for i, item in ipairs(value) do parts[i] = literal(item, inner) end
  else
    for key, item in json.pairs(value) do
      parts[#parts + 1] = ("%s = %s"):format(key:find "^[%a_][%w_]*$" and key
        or ("[%q]"):format(key), literal(item, inner))
    end
  end
  local text = table.concat(parts, ", ")
  local is_flat = not text:find "\n"
  if #text + #indent < 70 and not text:find "\n" then return "{ " .. text .. " }" end
  text = is_flat and filled(parts, inner) or table.concat(parts, ",\n" .. inner)
  return "{\n" .. inner .. text .. "\n" .. indent .. "}"
end

-- `about`: what it found.
function shrink.text(plan, about)
  return ("-- %s\n\nreturn %s\n"):format(about, literal(plan, ""))
end

return shrink
