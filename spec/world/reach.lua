-- Notes which worlds reach the place of each mutant: reach.lua FIRST COUNT STEP.
--
-- Prints a line for each seed: the seed, and the numbers of the mutants that it reaches; or why the
-- world fails without a mutant.

local judged = require "spec.world.judged"
local modules = require "spec.world.modules"
local mutant = require "spec.world.mutant"
local mutants = require "spec.world.mutants"
local plans = require "spec.world.plan"

local reached = {}
function modules.globals.reach(i) reached[i] = true end
for name, source in pairs(mutant.sources(mutants)) do modules.replace(name, source) end

-- -> a line
local function run(seed)
  reached = {}
  local done, violations = pcall(judged, plans.draw(seed))
  if not done then return ("%d fails: %s"):format(seed, tostring(violations)) end
  if violations[1] then
    return ("%d fails: %s: %s"):format(seed, violations[1].rule, violations[1].text)
  end
  local numbers = {}
  for i in pairs(reached) do numbers[#numbers + 1] = i end
  table.sort(numbers)
  return seed .. " " .. table.concat(numbers, " ")
end

io.stdout:setvbuf "line"
local first, count, step = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3])
for seed = first, first + (count - 1) * step, step do
  print((run(seed):gsub("\n", " ")))
end
