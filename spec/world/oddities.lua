-- Draws what happens rarely: habits of people, oddities of the service, and their coincidences.
--
-- Its numbers are its own, so that a new draw leaves the rest of each world as it was.

local entries = require "spec.world.entries"
local random_numbers = require "spec.world.random"
local trouble = require "spec.world.trouble"

local oddities = {}

local DRAWS = {}  -- array of { chance, function(random, plan), is_fault }

local function draw(chance, does, is_fault)
  DRAWS[#DRAWS + 1] = { chance, does, is_fault }
end

-- The commands of a plan, of which `is_wanted` is true.
local function runs(self, is_wanted)
  local list = {}
  for _, entry in ipairs(self.entries) do
    if entry.what == "run" and (not is_wanted or is_wanted(entry)) then list[#list + 1] = entry end
  end
  return list
end

local function command(name)
  return function(entry) return entry.argv[1] == name end
end

-- The position of an option's value | nil
local function value_of(entry, option)
  for i, word in ipairs(entry.argv) do
    if word == option then return i + 1 end
  end
end

-- People

-- An id is given twice.
draw(0.1, function(random, self)
  for _, entry in ipairs(runs(self, command "cancel")) do
    local ids = entry.intent.ids
    if ids and entry.input then entry.input = entry.input .. random:pick(ids) .. "\n"
    elseif ids and ids[2] then table.insert(entry.argv, 2, random:pick(ids)) end
  end
end)

draw(0.1, function(random, self)
  for _, entry in ipairs(runs(self)) do
    local i = value_of(entry, "--max")
    if i then entry.argv[i] = tostring(random:integer(1, #self.actions)) end
  end
end)

draw(0.4, function(random, self)
  for _, entry in ipairs(runs(self, command "undo")) do
    table.insert(entry.argv, "--expires")
    table.insert(entry.argv, random:pick { "2m", "10m" })
  end
end)

-- A plan is applied twice.
draw(0.2, function(random, self)
  for _, entry in ipairs(runs(self, command "apply")) do
    local again = {}
    for key, value in pairs(entry) do again[key] = value end
    again.name, again.at = entry.name .. "c", entry.at + random:scaled(0.1, 30)
    table.insert(self.entries, again)
  end
end)

-- A tenant is named by its domain.
draw(0.6, function(random, self)
  if not (self.service.limits or random:chance(0.3)) then return end
  for _, entry in ipairs(runs(self)) do
    if random:chance(0.5) then entry.tenant = "contoso.onmicrosoft.com" end
  end
end)

-- The service

draw(0.05, function(_, self) self.service.no_lifetime = true end)

draw(0.05, function(_, self) self.service.has_mark = true end)

-- It refuses filters with more ids.
draw(0.1, function(random, self) self.service.most_ids = random:pick { 0, 1, 3 } end)

-- The open action of a type on a machine.
local function has_open(actions, action)
  for _, other in ipairs(actions) do
    if other ~= action and other.machine == action.machine and other.type == action.type
       and other.status ~= "Succeeded" then
      return true
    end
  end
  return false
end

-- Machines have several actions, of several requestors.
draw(0.2, function(random, self)
  local few = math.max(1, #self.actions // 2)
  for _, action in ipairs(self.actions) do
    action.machine = self.machines[random:integer(1, few)].id
    if random:chance(0.2) then action.by = "kim@contoso.com" end
    if has_open(self.actions, action) then action.status, action.course = "Succeeded", {} end
  end
end)

-- Faults

draw(0.15, function(random, self)
  local number, proxy = random:integer(1, 3), { lost = "after", outcome = "proxy", page = 403 }
  local fate = random:pick { { status = 403 }, { status = 403 }, { status = 503 }, proxy,
                             { lost = "after", outcome = "lost" } }
  table.insert(self.entries, { what = "sign_in", number = number, fate = fate })
  if number > 1 then
    table.insert(self.entries, { what = "revoke", at = random:scaled(0.5, 100) })
  end
end, true)

-- The commands that launch on machines.
local function launches(entry)
  return entry.intent.machines ~= nil
end

local function changes(entry)
  local intent = entry.intent
  return (intent.machines or intent.ids or intent.filter or intent.what == "apply") ~= nil
end

-- Answers of one operation of one command are lost, or its requests fail.
draw(0.25, function(random, self)
  local entry = random:pick(runs(self))
  local is_launch = launches(entry)
  local lost = { lost = "after", outcome = random:pick { "lost", "timeout", "proxy" }, page = 403 }
  table.insert(self.entries, { what = "answers", process = entry.name,
    operation = is_launch and "launch" or random:pick { "cancel", "cancel", "get", "list" },
    count = random:chance(0.3) and 100 or random:integer(1, 12),
    fate = random:pick { lost, lost, { status = 403 },
      { status = 503, retry_after = random:pick { 5, 20 } }, { status = 500 } } })
  if random:chance(0.2) then self.service.page_size = random:integer(1, 3) end
end, true)

-- A process dies while it appends to the audit log.
draw(0.06, function(random, self)
  table.insert(self.entries, { what = "crash", process = random:pick(runs(self)).name,
    append = random:integer(1, 6), partly = random:number() })
end, true)

-- Reads lag behind the changes of a command.
draw(0.12, function(random, self)
  for _, entry in ipairs(runs(self, changes)) do
    local at = math.max(0.01, entry.at - 0.01)
    table.insert(self.entries, { what = "lag", fault = "lag", at = at,
      ends = at + random:scaled(5, 90), seconds = random:scaled(1, 30),
      get = random:pick { 0, 1 }, cancel = 0 })
    if random:chance(0.6) and not value_of(entry, "--wait") then
      table.insert(entry.argv, "--wait")
    end
    if random:chance(0.6) then
      table.insert(self.entries, { what = "answers", process = entry.name,
        operation = launches(entry) and "launch" or "cancel", count = random:integer(1, 3),
        fate = { lost = "after", outcome = "lost" } })
    end
  end
end, true)

-- Machines are isolated again while a plan that releases them is applied.
draw(0.08, function(random, self)
  for _, entry in ipairs(runs(self, command "apply")) do
    for _, action in ipairs(self.actions) do
      if action.type == "Isolate" and action.status == "Succeeded" then
        table.insert(self.entries, { what = "admin_launch", cause = "admin",
          at = entry.at + random:scaled(0.3, 25), machine = action.machine, type = "Isolate",
          course = trouble.course(random), by = "kim@contoso.com", comment = "case 9" })
      end
    end
  end
end, true)

-- A plan is applied, its process dies, and its batch is resumed after the plan's end.
draw(0.1, function(random, self)
  for _, entry in ipairs(runs(self, command "apply")) do
    table.insert(self.entries, { what = "crash", process = entry.name,
                                 touch = math.floor(random:scaled(80, 500)) })
    entries.run(self, entry.name .. "z", entry.at + random:scaled(100, 4000), { "list" },
      { what = "look" })
  end
end, true)

-- An undo without a plan.
draw(0.04, function(random, self)
  entries.run(self, "u", random:scaled(0.1, 600), { "undo", "--requestor", "soar@contoso.com",
    "--after", "2026-01-20T00:00:00Z", "-m", "undo now", "--yes", "--max", "1000" },
    { what = "undo" })
end)

-- A list of actions of one moment, in small pages, shrinks while it is read.
draw(0.05, function(random, self)
  local at, kind = random:scaled(0.1, 20), self.actions[1].type
  self.service.page_size = random:integer(2, 4)
  for _, action in ipairs(self.actions) do
    action.age = self.actions[1].age
    if action.type == kind and random:chance(0.4) then
      table.insert(self.entries, { what = "admin_cancel", at = at + random:scaled(0.05, 3),
        cause = "admin", id = action.id, by = "kim@contoso.com", comment = "other reason" })
    end
  end
  entries.run(self, "g", at,
    { "cancel", "--type", kind, "-m", "misfire", "--yes", "--max", "1000" },
    { what = "cancel", filter = { type = kind }, comment = "misfire" })
end, true)

-- Many cancels at once.
draw(0.04, function(random, self)
  local ids = {}
  for i, action in ipairs(self.actions) do ids[i] = action.id end
  if not ids[12] or self.service.limits then return end
  local entry = entries.run(self, "m", random:scaled(0.1, 10), { "cancel", "-", "-m", "misfire",
    "--yes", "--max", "1000", "--parallel", tostring(random:integer(15, 30)) },
    { what = "cancel", ids = ids, comment = "misfire" })
  entry.input = table.concat(ids, "\n") .. "\n"
  if self.is_faulty and random:chance(0.3) then
    table.insert(self.entries, { what = "answers", process = "m", operation = "cancel",
                                 count = 100, fate = { status = 403 } })
  end
end)

-- A scan is waited for that is not found at first.
draw(0.04, function(random, self)
  local at, machine = random:scaled(0.1, 60), random:pick(self.machines).id
  entries.run(self, "w", at, { "launch", "scan", machine, "-m", "case 5", "--wait", "--yes" },
    { what = "scan", machines = { machine }, comment = "case 5" })
  table.insert(self.entries, { what = "lag", fault = "lag", at = at, ends = at + 60,
    seconds = random:scaled(6, 40), get = 1, cancel = 0 })
end, true)

-- Few cancels at once, whose answers are lost, and a service that lists no ids.
draw(0.04, function(random, self)
  local ids, at = {}, random:scaled(0.1, 60)
  for i, action in ipairs(self.actions) do ids[i] = action.id end
  if not ids[8] then return end
  self.service.most_ids = 0
  local entry = entries.run(self, "f", at, { "cancel", "-", "-m", "misfire", "--yes",
    "--max", "1000", "--parallel", tostring(random:integer(1, 2)) },
    { what = "cancel", ids = ids, comment = "misfire" })
  entry.input = table.concat(ids, "\n") .. "\n"
  table.insert(self.entries, { what = "answers", process = "f", operation = "cancel",
    count = 100, fate = { lost = "after", outcome = "lost" } })
end, true)

-- Another administrator cancels actions while cancels of them get no answer.
draw(0.08, function(random, self)
  local entry = runs(self, command "cancel")[1]
  if not entry then return end
  table.insert(self.entries, { what = "answers", process = entry.name, operation = "cancel",
    count = random:integer(1, 12), fate = { lost = "before",
    outcome = random:pick { "timeout", "timeout", "lost" } } })
  local at = entry.at
  for _ = 1, 4 do
    at = at + random:scaled(0.2, 30)
    table.insert(self.entries, { what = "admin_cancel", at = at, cause = "admin",
      id = random:pick(self.actions).id, by = "kim@contoso.com", comment = "other reason" })
  end
end, true)

-- A commit fails, after the lines of the audit log were written; or the log cannot be written.
draw(0.1, function(random, self)
  local entry, part = random:pick(runs(self)), random:pick { "commit", "files" }
  local at = math.max(0, entry.at + random:pick { -0.01, random:scaled(0.05, 20) })
  table.insert(self.entries, { what = "full", fault = "disk full", host = entry.host, at = at,
                               ends = at + random:scaled(0.01, 30), part = part })
end, true)

-- An id that the service does not know, and Ctrl-C between the two looks for it.
draw(0.05, function(random, self)
  local entry = runs(self, command "cancel")[1]
  local ids = entry and entry.intent.ids
  if not ids then return end
  ids[#ids + 1] = random:guid()
  if entry.input then entry.input = entry.input .. ids[#ids] .. "\n"
  else table.insert(entry.argv, 2, ids[#ids]) end
  table.insert(self.entries, { what = "signal", process = entry.name,
                               at = entry.at + random:scaled(0.5, 30) })
  if random:chance(0.4) then
    table.insert(self.entries, { what = "answers", process = entry.name, operation = "get",
                                 count = 1, fate = { late = random:scaled(8, 50) } })
  end
end, true)

-- A batch is interrupted, perhaps closed, and continued.
draw(0.1, function(random, self)
  local entry, name = self.entries[1], "2026-01-23.1"
  local at = entry.at + random:scaled(0.05, 20)
  local how = random:pick { "signal", "crash", "stop" }
  local function say(after, suffix, ...)
    table.insert(self.entries, { what = "run", name = entry.name .. suffix, host = entry.host,
      user = entry.user, at = at + after, argv = { ... },
      intent = { what = suffix == "k" and "close" or suffix == "s" and "stop" or "resume",
                 batch = name } })
  end
  if how == "stop" then say(0, "s", "batch", "stop", name, "-m", "wrong list")
  elseif how == "crash" then
    table.insert(self.entries, { what = "crash", process = entry.name,
                                 touch = math.floor(random:scaled(50, 400)) })
  else table.insert(self.entries, { what = "signal", process = entry.name, at = at }) end
  if random:chance(0.5) then
    say(random:scaled(1, 100), "k", "batch", "close", name, "-m", "done by hand")
  end
  say(random:scaled(5, 300), "r", "resume", table.unpack(random:pick { { name }, { "--join" } }))
end, true)

-- A plan has a small canary.
draw(0.15, function(random, self)
  for _, entry in ipairs(runs(self, command "apply")) do
    if not value_of(entry, "--canary") then
      table.insert(entry.argv, "--canary")
      table.insert(entry.argv, tostring(random:integer(1, 4)))
    end
  end
end)

-- Another administrator acts on a machine while a command does.
draw(0.2, function(random, self)
  local entry = random:pick(runs(self))
  table.insert(self.entries, { what = "admin_launch", cause = "admin", by = "kim@contoso.com",
    at = entry.at + random:scaled(0.1, 60), machine = random:pick(self.machines).id,
    type = random:pick { "Isolate", "Isolate", "Unisolate", "RunAntiVirusScan" },
    course = trouble.course(random), comment = random:pick { "case 4", "undo it", "misfire" } })
end, true)

-- Ctrl-C or a request to stop while a command runs, perhaps while its requests get no answer.
draw(0.15, function(random, self)
  local entry = random:pick(runs(self))
  local at = entry.at + random:scaled(0.1, 100)
  if random:chance(0.6) then
    table.insert(self.entries, { what = "signal", process = entry.name, at = at })
  else
    table.insert(self.entries, { what = "run", name = entry.name .. "t", host = entry.host,
      user = entry.user, at = at, argv = { "batch", "stop", "2026-01-23.1", "-m", "wrong list" },
      intent = { what = "stop", batch = "2026-01-23.1" } })
  end
  if random:chance(0.6) then
    table.insert(self.entries, { what = "answers", process = entry.name,
      operation = launches(entry) and "launch" or "cancel", count = random:integer(1, 12),
      fate = random:pick { { lost = "before", outcome = "timeout" },
        { lost = "after", outcome = "timeout" }, { late = random:scaled(3, 50) } } })
  end
end, true)

-- A long outage, in which batches give up.
draw(0.05, function(random, self)
  local from = random:scaled(0.1, 20)
  table.insert(self.entries, { what = "outage", fault = "outage", at = from,
    ends = from + random:scaled(200, 4000), fate = random:pick { { status = 503 },
      { status = 500 }, { lost = "before", outcome = "refused" } } })
  for _, entry in ipairs(runs(self)) do
    if random:chance(0.7) and not value_of(entry, "--give-up") and (entry.argv[1] == "cancel"
       or entry.argv[1] == "apply" or entry.argv[1] == "resume") then
      table.insert(entry.argv, "--give-up")
      table.insert(entry.argv, random:pick { "30s", "2m" })
    end
  end
end, true)

function oddities.draw(seed, self)
  local random = random_numbers.new(seed, "oddities")
  for _, row in ipairs(DRAWS) do
    local chance, does, is_fault = row[1], row[2], row[3]
    if random:chance(chance) and (self.is_faulty or not is_fault) then does(random, self) end
  end
end

return oddities
