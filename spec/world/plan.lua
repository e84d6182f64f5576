-- Draws the plan of a world from a seed: its tenant, what people do, and what goes wrong.
--
-- A plan is { seed, hosts, machines, actions, service, entries, … }, plain data. Each entry is one
-- thing that people do or that goes wrong; a shrunk plan has fewer of them.

local random_numbers = require "spec.world.random"

local plan = {}

local TYPES = { "Isolate", "Isolate", "RunAntiVirusScan", "RestrictCodeExecution" }
local PEOPLE = { "dana", "kim" }

-- {{ The tenant

local function draw_machines(random, count)
  local list = {}
  for i = 1, count do
    list[i] = { id = random:hex(40), computerDnsName = ("pc-%d.contoso.com"):format(i),
                machineTags = {}, deviceValue = "Normal", isolated = false }
  end
  return list
end

-- The course of an action that exists already.
local function draw_course(random)
  if random:chance(0.6) then return {} end  -- the device is silent
  local starts = random:scaled(1, 300)
  return { { starts, "InProgress" },
           { starts + random:scaled(1, 600), random:pick { "Succeeded", "Succeeded", "Failed" } } }
end

local function draw_actions(random, machines, count)
  local list = {}
  local same = random:chance(0.2) and random:scaled(100, 10000)
  for i = 1, count do
    list[i] = {
      id = random:guid(), type = random:pick(TYPES), machine = machines[i].id,
      by = "soar@contoso.com", comment = "rule 17", age = same or random:scaled(60, 90000),
      status = random:chance(0.85) and "Pending" or random:pick { "InProgress", "Succeeded" },
      course = draw_course(random),
    }
    if list[i].status == "Succeeded" then list[i].course = {} end
  end
  return list
end

-- }}

-- {{ People

local function size_of(random)
  local kind = random:number()
  if kind < 0.7 then return random:integer(1, 8) end
  if kind < 0.95 then return random:integer(9, 30) end
  return random:integer(51, 120)
end

local function some_ids(random, self, most)
  local ids = {}
  for i = 1, math.min(most, #self.actions) do ids[i] = self.actions[i].id end
  if random:chance(0.05) then ids[#ids + 1] = random:guid() end
  return random:shuffle(ids)
end

local PEOPLE_DO = {}

function PEOPLE_DO.cancel(random, self, entry)
  local ids = some_ids(random, self, random:chance(0.5) and #self.actions or 2)
  entry.argv = { "cancel" }
  table.move(ids, 1, #ids, 2, entry.argv)
  for _, word in ipairs { "-m", "misfire" } do table.insert(entry.argv, word) end
  if not entry.attended then table.insert(entry.argv, "--yes") end
  entry.intent = { what = "cancel", ids = ids, comment = "misfire" }
end

function PEOPLE_DO.filter(random, _, entry)
  local kind = random:pick(TYPES)
  entry.argv = { "cancel", "--type", kind, "-m", "misfire", "--max", "1000" }
  if not entry.attended then table.insert(entry.argv, "--yes") end
  entry.intent = { what = "cancel", filter = { type = kind }, comment = "misfire" }
end

function PEOPLE_DO.launch(random, self, entry)
  local verb = random:pick { "isolate", "unisolate", "scan" }
  entry.argv, entry.intent = { verb }, { what = verb, machines = {}, comment = "case 4" }
  for i = 1, random:integer(1, math.min(4, #self.machines)) do
    entry.argv[#entry.argv + 1] = self.machines[i].id
    entry.intent.machines[i] = self.machines[i].id
  end
  for _, word in ipairs { "-m", "case 4" } do table.insert(entry.argv, word) end
  if not entry.attended then table.insert(entry.argv, "--yes") end
end

function PEOPLE_DO.resume(_, _, entry)
  entry.argv = { "resume" }
  if not entry.attended then entry.argv[2] = "--join" end
  entry.intent = { what = "resume" }
end

function PEOPLE_DO.look(random, _, entry)
  entry.argv = random:pick { { "list" }, { "status" }, { "audit", "verify" }, { "batch" } }
  entry.intent = { what = "look" }
end

local function draw_commands(random, self)
  local count = random:integer(1, 4)
  for i = 1, count do
    local host = random:pick(self.hosts)
    local entry = { what = "run", name = "p" .. i, host = host.name, user = host.user,
                    at = i == 1 and 0 or random:scaled(0.1, 600),
                    attended = random:chance(0.4) or nil }
    if entry.attended then entry.agrees = random:chance(0.85) end
    local kinds = i == 1 and { "cancel", "cancel", "filter", "launch" }
                  or { "cancel", "filter", "launch", "resume", "resume", "look" }
    PEOPLE_DO[random:pick(kinds)](random, self, entry)
    table.insert(self.entries, entry)
  end
end

-- }}

-- {{ Faults

local FAULTS = {}

local function add(self, entry) table.insert(self.entries, entry) end

local function process_of(random, self)
  local names = {}
  for _, entry in ipairs(self.entries) do
    if entry.what == "run" then names[#names + 1] = entry.name end
  end
  return random:pick(names)
end

function FAULTS.crash(random, self)
  add(self, { what = "crash", process = process_of(random, self),
              touch = math.floor(random:scaled(1, 600)),
              partly = random:chance(0.3) and random:number() or nil })
end

-- A fate of one request.
local function draw_fate(random)
  local kind = random:number()
  if kind < 0.35 then
    return { lost = "after", outcome = random:pick { "lost", "lost", "timeout", "proxy" },
             page = random:pick { 502, 504, 403 } }
  elseif kind < 0.5 then
    return { lost = "before", outcome = random:pick { "lost", "timeout", "refused", "proxy" },
             page = random:pick { 502, 503, 403 } }
  elseif kind < 0.6 then
    return { late = random:scaled(1, 100) }
  end
  return { status = random:pick { 401, 403, 429, 429, 500, 503 },
           retry_after = random:chance(0.7) and random:pick { 0, 1, 5, 30 } or nil }
end

function FAULTS.request(random, self)
  add(self, { what = "request", number = math.floor(random:scaled(1, 100)),
              fate = draw_fate(random) })
end

function FAULTS.requests(random, self)
  local first, fate = math.floor(random:scaled(1, 60)), draw_fate(random)
  for number = first, first + random:integer(1, 6) do
    add(self, { what = "request", number = number, fate = fate })
  end
end

local function span(random, entry)
  entry.at = random:scaled(0.1, 100)
  entry.ends = entry.at + random:scaled(0.5, 200)
  return entry
end

function FAULTS.lag(random, self)
  add(self, span(random, { what = "lag", fault = "lag", seconds = random:scaled(0.5, 20),
    get = random:pick { 0, 1, 0.5 }, cancel = random:pick { 0, 0, 1 } }))
end

function FAULTS.outage(random, self)
  local fate = random:pick { { status = 503 }, { status = 500 }, { status = 503, retry_after = 20 },
    { lost = "before", outcome = "refused" }, { lost = "before", outcome = "timeout" },
    { lost = "after", outcome = "lost" } }
  add(self, span(random, { what = "outage", fault = "outage", fate = fate }))
end

function FAULTS.full(random, self)
  add(self, span(random, { what = "full", fault = "disk full",
                           host = random:pick(self.hosts).name }))
end

function FAULTS.busy(random, self)
  add(self, span(random, { what = "busy", fault = "busy", store = random:pick(self.hosts).store }))
end

function FAULTS.clock(random, self)
  local offset = random:pick { -1, 1 } * random:scaled(0.1, 90000)
  add(self, { what = "clock", host = random:pick(self.hosts).name, at = random:scaled(0.1, 100),
              offset = offset })
end

function FAULTS.revoke(random, self)
  add(self, { what = "revoke", at = random:scaled(0.1, 100) })
end

function FAULTS.freeze(random, self)
  add(self, span(random, { what = "freeze", process = process_of(random, self) }))
end

function FAULTS.signal(random, self)
  add(self, { what = "signal", process = process_of(random, self), at = random:scaled(0.1, 100) })
end

function FAULTS.reboot(random, self)
  add(self, { what = "reboot", host = random:pick(self.hosts).name, at = random:scaled(0.1, 100),
              share = random:number() })
end

function FAULTS.stranger(random, self)
  add(self, { what = "stranger", at = random:scaled(0.1, 100), count = random:integer(1, 100),
              bucket = random:pick { "cancel", "list", "get", "launch:isolate" } })
end

function FAULTS.admin_cancel(random, self)
  add(self, { what = "admin_cancel", at = random:scaled(0.1, 60), cause = "admin",
              id = random:pick(self.actions).id, by = "kim@contoso.com",
              comment = random:pick { "other reason", "misfire" } })
end

function FAULTS.admin_launch(random, self)
  local is_microsoft = random:chance(0.3)
  add(self, { what = "admin_launch", at = random:scaled(0.1, 60),
              machine = random:pick(self.machines).id,
              type = random:pick { "Isolate", "Unisolate" }, course = draw_course(random),
              cause = is_microsoft and "microsoft" or "admin", comment = "other reason",
              by = is_microsoft and "attack disruption" or "kim@contoso.com" })
end

local KINDS = { "crash", "crash", "crash", "request", "request", "request", "requests", "requests",
                "lag", "outage", "full", "busy", "clock", "revoke", "freeze", "signal", "reboot",
                "stranger", "admin_cancel", "admin_launch" }

local function draw_faults(random, self)
  if random:chance(0.1) then return end
  self.is_faulty = true
  for _ = 1, math.floor(random:scaled(1, 12)) do
    FAULTS[random:pick(KINDS)](random, self)
  end
end

-- }}

-- -> the plan of a seed
function plan.draw(seed)
  local random = random_numbers.new(seed, "plan")
  local count = size_of(random)
  local machines = draw_machines(random, count)
  local self = {
    seed = seed, tenant = random:guid(), application = random:guid(), entries = {},
    machines = machines, is_faulty = false,
    actions = draw_actions(random, machines, count),
    service = { final_as = random:pick { 200, 400, 404 },
                cancel_takes = random:chance(0.2) and random:scaled(1, 60) or 0,
                duplicate_as = random:pick { 201, 400 },
                page_size = random:chance(0.15) and random:integer(1, 20) or nil },
    hosts = { { name = "soc1", store = "soc1", user = random:pick(PEOPLE), offset = 0, rate = 1,
                uptime = random:scaled(100, 1e6) } },
  }
  draw_commands(random, self)
  draw_faults(random, self)
  return self
end

return plan
