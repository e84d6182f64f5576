-- Draws what goes wrong: the entries of a plan that are no commands.

local trouble = {}

-- The course of an action that exists already.
function trouble.course(random)
  if random:chance(0.6) then return {} end  -- the device is silent
  local starts = random:scaled(1, 300)
  return { { starts, "InProgress" },
           { starts + random:scaled(1, 600), random:pick { "Succeeded", "Succeeded", "Failed" } } }
end

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

-- The guards of the profile change; processes that run keep the old ones.
function FAULTS.guards(random, self)
  add(self, { what = "guards", at = random:scaled(0.1, 100),
              guards = { max = random:integer(1, #self.machines),
                         protect_tags = random:chance(0.5) and { "crown-jewel" } or nil } })
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
              type = random:pick { "Isolate", "Unisolate" }, course = trouble.course(random),
              cause = is_microsoft and "microsoft" or "admin", comment = "other reason",
              by = is_microsoft and "attack disruption" or "kim@contoso.com" })
end

local KINDS = { "crash", "crash", "crash", "request", "request", "request", "requests", "requests",
                "lag", "outage", "full", "busy", "clock", "revoke", "freeze", "signal", "reboot",
                "stranger", "admin_cancel", "admin_launch", "guards" }

-- Faults while a person resumes what is open at the end.
local function draw_lasting(random, self)
  self.lasts = true
  for _ = 1, random:integer(1, 3) do
    local fault = FAULTS[random:pick { "request", "requests", "outage", "lag", "full", "busy" }]
    fault(random, self)
    local entry = self.entries[#self.entries]
    if entry.at then
      local later = random:scaled(1, 600)
      entry.at, entry.ends, entry.is_lasting = entry.at + later, entry.ends + later, true
    end
  end
  if random:chance(0.5) then
    add(self, { what = "crash", process = random:pick { "end1", "end2" },
                touch = math.floor(random:scaled(1, 300)) })
  end
end

-- Adds entries to a plan.
function trouble.draw(random, self)
  if random:chance(0.1) then return end
  self.is_faulty = true
  for _ = 1, math.floor(random:scaled(1, 12)) do
    FAULTS[random:pick(KINDS)](random, self)
  end
  if self.service.limits and random:chance(0.3) then FAULTS.stranger(random, self) end
  if random:chance(0.15) then draw_lasting(random, self) end
end

return trouble
