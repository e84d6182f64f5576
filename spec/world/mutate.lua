-- Runs worlds with the defects of spec/world/mutants.lua: mutate.lua [PATTERN] [SEEDS].
--
-- Prints the first seed that finds each, or MISSED, and exits 1 if more than 5 % were missed.

local judged = require "spec.world.judged"
local modules = require "spec.world.modules"
local mutants = require "spec.world.mutants"
local plans = require "spec.world.plan"

local pattern, seeds = arg[1] or "", tonumber(arg[2] or 5000)

-- The source of a module with a defect.
local function defective(name, module, text, instead)
  local file = assert(io.open(assert(package.searchpath(module, package.path))))
  local source = file:read "a"
  file:close()
  local first, last = source:find(text, 1, true)
  assert(first and not source:find(text, last + 1, true), name .. ": the text must occur once")
  return source:sub(1, first - 1) .. instead .. source:sub(last + 1)
end

-- -> seed, violation | nil
local function find()
  for seed = 1, seeds do
    local done, violations = pcall(judged, plans.draw(seed))
    if not done then return seed, { rule = "error", text = tostring(violations) } end
    if violations[1] then return seed, violations[1] end
  end
end

io.stdout:setvbuf "line"
local count, missed = 0, 0
for _, mutant in ipairs(mutants) do
  local name, module = mutant[1], mutant[2]
  if name:find(pattern) then
    modules.replace(module, defective(table.unpack(mutant)))
    local seed, violation = find()
    modules.replace(module, nil)
    count, missed = count + 1, missed + (seed and 0 or 1)
    print(("%-50s %s"):format(name, seed and ("seed %d: %s: %s"):format(seed, violation.rule,
      violation.text:match "[^\n]*":sub(1, 90)) or "MISSED"))
  end
end
print(("%d of %d mutants found within %d seeds"):format(count - missed, count, seeds))
os.exit(missed <= count * 0.05 and 0 or 1)
