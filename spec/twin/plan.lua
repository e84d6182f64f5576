-- Draws the plan of a twin: that of the world with the same seed, by events in place of times.
--
-- An entry of a world happens at a moment. Here it happens at the n-th request that the service
-- gets (`at_request`), or at the n-th of one process (`nth`); waits are short. A `run` entry with
-- `after` begins when that process has ended. Clocks and strangers are left out.

local random_numbers = require "spec.world.random"
local worlds = require "spec.world.plan"

local plan = {}

local MOST, LARGE = 30, 56  -- actions; a few plans are large enough for a canary

-- The request at which something happens: early, since a twin has few.
local function some_request(random) return math.floor(random:scaled(1, 15)) end

-- Name of an entry -> function(random, plan, entry) -> the entry | nil: left out

local TO = {}

local SHORT = { ["30s"] = "3s", ["10m"] = "8s", ["5m"] = "12s" }
local ROUND = "2s"  -- of mde watch

function TO.run(random, _, entry)
  local has_deadline, waits
  for i, word in ipairs(entry.argv) do
    entry.argv[i] = entry.argv[i - 1] == "--every" and ROUND or SHORT[word] or word
    has_deadline, waits = has_deadline or word == "--deadline", waits or word == "--wait"
  end
  if waits and not has_deadline then  -- a silent device is waited for during 10 min
    table.insert(entry.argv, "--deadline")
    table.insert(entry.argv, "8s")
  end
  local parent = entry.argv[1] == "apply" and entry.name:match "^(p%d+)b"
  if parent then entry.after = parent
  elseif entry.at > 0 then entry.at_request = some_request(random) end
  return entry
end

-- Half of them die at a request, the others at any call that changes a file or sends.
function TO.crash(random, _, entry)
  if random:chance(0.5) then
    entry.nth = math.floor(random:scaled(1, 8))
  else
    entry.instant = math.floor(random:scaled(1, 300))
  end
  return entry
end

local function soon(fate)
  fate.late = fate.late and fate.late / 60
  fate.retry_after = math.min(fate.retry_after or 1, 2)
  return fate
end

function TO.request(random, _, entry)
  entry.fate = soon(entry.fate)
  entry.at_request = entry.number > 8 and some_request(random) or entry.number
  return entry
end

-- A span of time becomes one of requests.
local function span(random, entry, most)
  entry.at_request = some_request(random)
  entry.until_request = entry.at_request + math.floor(random:scaled(1, most))
  return entry
end

function TO.lag(random, _, entry)
  entry.seconds = entry.seconds / 20
  return span(random, entry, 60)
end

function TO.outage(random, _, entry)
  entry.fate = soon(entry.fate)
  return span(random, entry, 9)
end

function TO.full(random, self, entry)
  entry.process, entry.is_torn = random:pick(self.runs).name, random:chance(0.5)
  entry.instant = math.floor(random:scaled(1, 100))
  return entry
end

function TO.busy(random, self, entry)
  if self.store == "postgresql" then entry.store = self.hosts[1].store end
  entry.seconds = random:scaled(0.05, 2)
  entry.at_request = some_request(random)
  return entry
end

function TO.freeze(random, _, entry)
  entry.nth = math.floor(random:scaled(1, 8))
  entry.seconds = random:scaled(0.05, 2)
  return entry
end

function TO.signal(random, _, entry)
  entry.nth = math.floor(random:scaled(1, 8))
  return entry
end

local function at_request(random, _, entry)
  entry.at_request = some_request(random)
  return entry
end

for _, what in ipairs { "revoke", "reboot", "admin_cancel", "cut", "guards" } do
  TO[what] = at_request
end

-- Failures in a row hold an operation back: after five for 1, 2, 4 … s, then for minutes.
local MOST_FAILURES = 8

function TO.answers(_, _, entry)
  entry.fate = soon(entry.fate)
  if entry.count and (entry.fate.lost or (entry.fate.status or 0) >= 500) then
    entry.count = math.min(entry.count, MOST_FAILURES)
  end
  return entry
end

TO.sign_in = TO.answers

function TO.admin_launch(random, self, entry)
  entry.course = self.shorter(entry.course)
  return at_request(random, self, entry)
end

-- A course (see mde.simulator.action) in less time.
local function shorter(course)
  local short = {}
  for i, step in ipairs(course) do short[i] = { step[1] / 200, step[2] } end
  return short
end

local function cut(random, self)
  local most = random:chance(0.05) and LARGE or MOST
  for i = #self.actions, most + 1, -1 do self.actions[i] = nil end
  for _, action in ipairs(self.actions) do action.course = shorter(action.course) end
end

-- Kills and stops are what a twin is for: a plan with faults has more of them than its world.
local function add_signals(random, self)
  if not self.is_faulty then return end
  for _, what in ipairs { "crash", "freeze" } do
    if random:chance(0.5) then
      table.insert(self.entries, { what = what, process = random:pick(self.runs).name })
    end
  end
  if self.store == "postgresql" and random:chance(0.5) then
    table.insert(self.entries, { what = "cut", store = self.hosts[1].store })
  end
end

-- -> the plan of a seed
function plan.draw(seed)
  local random, self = random_numbers.new(seed, "twin"), worlds.draw(seed)
  self.shorter, self.runs, self.store = shorter, {}, seed % 2 == 0 and "postgresql" or "sqlite"
  if self.store == "postgresql" then  -- hosts share it
    for _, host in ipairs(self.hosts) do host.store = self.hosts[1].store end
  end
  cut(random, self)
  self.service.cancel_takes = self.service.cancel_takes / 30
  self.limits = random:chance(0.02) and { minute = 20, hour = 300 } or { minute = 600, hour = 9000 }
  for _, entry in ipairs(self.entries) do
    if entry.what == "run" then table.insert(self.runs, entry) end
  end
  self.loses_launches = random:chance(0.1)  -- then a launch is looked for during a minute
  add_signals(random, self)
  local entries = {}
  for _, entry in ipairs(self.entries) do
    local made = TO[entry.what] and TO[entry.what](random, self, entry)
    if made then entries[#entries + 1] = made end
  end
  self.entries = entries
  return self
end

return plan
