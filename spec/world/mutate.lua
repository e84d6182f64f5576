-- Runs worlds with the defects of spec/world/mutants.lua: mutate.lua [PATTERN [SEEDS [JOBS]]].
--
-- First runs each seed without a mutant, and notes which mutants it reaches (spec/world/reach.lua);
-- a mutant then runs only the seeds that reach it. Writes a seed that finds each mutant to
-- spec/world/mutants.txt, and exits 1 if more than 5 % of those that it has run were missed. A seed
-- that found a mutant before is tried first. The pattern `missed` runs those that no seed has found.

local judged = require "spec.world.judged"
local modules = require "spec.world.modules"
local mutant = require "spec.world.mutant"
local mutants = require "spec.world.mutants"
local plans = require "spec.world.plan"
local sha256 = require "spec.world.model.sha256"

local RESULTS = "spec/world/mutants.txt"
local REACHED = "build/world/reached.txt"
local TITLE = "Mutants of spec/world/mutants.lua: a seed that finds each, and the rule it breaks."
  .. " Written by `spec/world/run mutants`.\n"
local MISSED = "missed"
local ENDLESS = 1e8  -- instructions of a process that touches nothing

local pattern, seeds, jobs = arg[1] or "", tonumber(arg[2] or 5000), tonumber(arg[3] or 1)

-- The file of results: { name -> "SEED RULE" | "missed in SEEDS" }

local function read_results()
  local results, file = {}, io.open(RESULTS)
  for line in file and file:lines() or function() end do
    local name, result = line:match "^(.-)%s%s+(%S.*)$"
    if name then results[name] = result end
  end
  if file then file:close() end
  return results
end

local function write_results(results)
  local found, file = 0, assert(io.open(RESULTS .. ".new", "w"))
  for _, row in ipairs(mutants) do
    found = found + ((results[row[1]] or ""):find "^%d" and 1 or 0)
  end
  file:write(TITLE, ("%d of %d are found.\n\n"):format(found, #mutants))
  for _, row in ipairs(mutants) do
    local result = (results[row[1]] or "not run"):match "^[^:]*"
    if not result:find "^%d" and row.why then result = result .. ": " .. row.why end
    file:write(("%-56s  %s\n"):format(row[1], result))
  end
  file:close()
  assert(os.rename(RESULTS .. ".new", RESULTS))
end

-- Jobs

-- Runs these commands side by side, and calls on_line with each line that they print.
local function run_jobs(commands, on_line)
  local output = assert(io.popen(table.concat(commands, " &\n") .. " &\nwait"))
  for line in output:lines() do on_line(line) end
  output:close()
end

-- The seeds that reach each mutant: { name -> array of seeds }

local DRAWS = "agenda database faults filter modules network oddities people plan process races"
  .. " random service trouble world"

-- A text that changes with the draws and with the mutants.
local function fingerprint()
  local parts = {}
  for name in DRAWS:gmatch "%S+" do
    local file = assert(io.open(("spec/world/%s.lua"):format(name)))
    parts[#parts + 1] = file:read "a"
    file:close()
  end
  for _, row in ipairs(mutants) do
    local at = type(row.at) == "table" and row.at[2] or row.at
    parts[#parts + 1] = table.concat({ row[2], row[3], at or "", row.when or "" }, "\0")
  end
  return sha256(table.concat(parts, "\0"))
end

local MOST_FAILED = 10  -- seeds that fail without a mutant

-- Runs the seeds after `last`, and appends their lines to the file.
local function note_reached(last)
  local file, commands, failed = assert(io.open(REACHED, "a")), {}, 0
  for job = 1, math.min(jobs, seeds - last) do
    commands[job] = ("lua5.4 spec/world/reach.lua %d %d %d"):format(last + job,
      (seeds - last - job) // jobs + 1, jobs)
  end
  run_jobs(commands, function(line)
    if line:find "fails" then
      failed = failed + 1
      if failed <= MOST_FAILED then print("without a mutant, seed " .. line) end
    end
    file:write(line, "\n")
  end)
  file:close()
  if failed > MOST_FAILED then error(failed .. " seeds fail without a mutant", 0) end
end

local function read_reached()
  os.execute "mkdir -p build/world"
  local key, file, lines = fingerprint(), io.open(REACHED), {}
  if not file or file:read() ~= key then
    file = assert(io.open(REACHED, "w"))
    file:write(key, "\n")
    file:close()
    return lines
  end
  for line in file:lines() do lines[#lines + 1] = line end
  return lines
end

local function reached()
  local found, all = {}, {}
  for _, line in ipairs(read_reached()) do
    local seed = tonumber(line:match "^%d+")
    if not line:find "fails" and seed <= seeds then all[#all + 1] = { seed, line } end
  end
  table.sort(all, function(a, b) return a[1] < b[1] end)
  for i in ipairs(mutants) do found[i] = {} end
  for _, pair in ipairs(all) do
    for i in pair[2]:gmatch " (%d+)" do table.insert(found[tonumber(i)], pair[1]) end
  end
  return found
end

-- One mutant

local function first_violation(seed)
  local done, violations = pcall(judged, plans.draw(seed))
  if not done then return { rule = "error", text = tostring(violations) } end
  return violations[1]
end

-- -> seed, violation | nil
local function find(row, list, known)
  local source = mutant.source(row)
  for i = known and 0 or 1, #list do
    local seed = i == 0 and known or list[i]
    modules.replace(row[2], source)
    local violation = first_violation(seed)
    modules.replace(row[2], nil)
    if violation and not (i == 0 and first_violation(seed)) then return seed, violation end
  end
end

-- Runs the mutants of a job, and prints a line for each.
local function run(job)
  io.stdout:setvbuf "line"
  modules.endless = ENDLESS
  local results, lists, number = read_results(), reached(), 0
  for i, row in ipairs(mutants) do
    local known = tonumber((results[row[1]] or ""):match "^%d+")
    if pattern == MISSED and not known or row[1]:find(pattern) then
      number = number + 1
      if number % jobs + 1 == job then
        local began = os.clock()
        local seed, violation = find(row, lists[i], known)
        print(("%s\t%s\t%d seeds reach it, %.0f s%s"):format(row[1],
          seed and ("%d %s"):format(seed, violation.rule) or ("%s in %d"):format(MISSED, seeds),
          #lists[i], os.clock() - began, seed and ": " .. violation.text:match "[^\n]*" or ""))
      end
    end
  end
end

-- Starts all jobs, and notes what they find.
local function run_all()
  io.stdout:setvbuf "line"
  local last = #read_reached()
  if last < seeds then note_reached(last) end
  local commands = {}
  for job = 1, jobs do
    commands[job] = ("MUTANT_JOB=%d lua5.4 spec/world/mutate.lua '%s' %d %d"):format(job,
      pattern:gsub("'", "."), seeds, jobs)
  end
  local results, count, missed = read_results(), 0, 0
  run_jobs(commands, function(line)
    local name, result, detail = line:match "^(.-)\t(.-)\t(.*)$"
    if not name then return print(line) end
    results[name] = result
    write_results(results)
    count, missed = count + 1, missed + (result:find(MISSED) and 1 or 0)
    print(("%-56s  %s (%s)"):format(name, result, detail:sub(1, 120)))
  end)
  print(("%d of %d mutants found within %d seeds"):format(count - missed, count, seeds))
  os.exit(missed <= count * 0.05 and 0 or 1)
end

local job = tonumber(os.getenv "MUTANT_JOB")
if job then run(job) else run_all() end
