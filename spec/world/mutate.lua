-- Runs worlds with the defects of spec/world/mutants.lua: mutate.lua [PATTERN [SEEDS [JOBS]]].
--
-- Writes a seed that finds each mutant to spec/world/mutants.txt, and exits 1 if more than 5 % of
-- those that it has run were missed. The seed that found a mutant before is tried first. The
-- pattern `missed` runs those that no seed has found.

local judged = require "spec.world.judged"
local modules = require "spec.world.modules"
local mutants = require "spec.world.mutants"
local plans = require "spec.world.plan"

local RESULTS = "spec/world/mutants.txt"
local TITLE = "Mutants of spec/world/mutants.lua: the seed that finds each, and the rule that it"
  .. " breaks. Written by `spec/world/run mutants`.\n"
local MISSED = "missed"
local ENDLESS = 1e8  -- instructions of a process that touches nothing

local pattern, seeds, jobs = arg[1] or "", tonumber(arg[2] or 5000), tonumber(arg[3] or 1)

-- {{ The file of results: { name -> "SEED RULE" | "missed" }

local function read_results()
  local results = {}
  local file = io.open(RESULTS)
  if not file then return results end
  for line in file:lines() do
    local name, result = line:match "^(.-)%s%s+(%S.*)$"
    if name then results[name] = result end
  end
  file:close()
  return results
end

local function write_results(results)
  local file = assert(io.open(RESULTS .. ".new", "w"))
  file:write(TITLE, "\n")
  for _, mutant in ipairs(mutants) do
    local result = results[mutant[1]] or "not run"
    if result:find(MISSED) and mutant.why then result = result .. ": " .. mutant.why end
    file:write(("%-56s  %s\n"):format(mutant[1], result))
  end
  file:close()
  assert(os.rename(RESULTS .. ".new", RESULTS))
end

-- }}

-- {{ One mutant

-- The source of a module with a defect.
local function defective(name, module, text, instead)
  local file = assert(io.open(assert(package.searchpath(module, package.path))))
  local source = file:read "a"
  file:close()
  local first, last = source:find(text, 1, true)
  assert(first and not source:find(text, last + 1, true), name .. ": the text must occur once")
  return source:sub(1, first - 1) .. instead .. source:sub(last + 1)
end

local function first_violation(seed)
  local done, violations = pcall(judged, plans.draw(seed))
  if not done then return { rule = "error", text = tostring(violations) } end
  return violations[1]
end

-- -> seed, violation | nil
local function find(mutant, known)
  local source = defective(table.unpack(mutant))
  for i = known and 0 or 1, seeds do
    local seed = i == 0 and known or i
    modules.replace(mutant[2], source)
    local violation = first_violation(seed)
    modules.replace(mutant[2], nil)
    if violation and not first_violation(seed) then return seed, violation end
  end
end

-- Runs the mutants of a job, and prints a line for each.
local function run(job)
  io.stdout:setvbuf "line"
  modules.endless = ENDLESS
  local known, number = read_results(), 0
  for _, mutant in ipairs(mutants) do
    local before = tonumber((known[mutant[1]] or ""):match "^%d+")
    if pattern == MISSED and not before or mutant[1]:find(pattern) then
      number = number + 1
      if number % jobs + 1 == job then
        local seed, violation = find(mutant, before)
        print(("%s\t%s\t%.0f\t%s"):format(mutant[1],
          seed and ("%d %s"):format(seed, violation.rule) or MISSED .. " in " .. seeds,
          os.clock(), seed and violation.text:match "[^\n]*" or ""))
      end
    end
  end
end

-- }}

-- Starts all jobs, and notes what they find.
local function run_all()
  local commands = {}
  for job = 1, jobs do
    commands[job] = ("MUTANT_JOB=%d lua5.4 spec/world/mutate.lua '%s' %d %d &"):format(job,
      pattern:gsub("'", "."), seeds, jobs)
  end
  local results, count, missed = read_results(), 0, 0
  local output = assert(io.popen(table.concat(commands, "\n") .. "\nwait"))
  for line in output:lines() do
    local name, result, _, text = line:match "^(.-)\t(.-)\t(.-)\t(.*)$"
    if name then
      results[name] = result
      write_results(results)
      count, missed = count + 1, missed + (result:find(MISSED) and 1 or 0)
      line = ("%-56s  %s: %s"):format(name, result, text:sub(1, 90))
    end
    print(line)
  end
  print(("%d of %d mutants found within %d seeds"):format(count - missed, count, seeds))
  os.exit(missed <= count * 0.05 and 0 or 1)
end

local job = tonumber(os.getenv "MUTANT_JOB")
if job then run(job) else run_all() end
