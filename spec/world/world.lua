-- One world: hosts, processes, the model service and faults under true time.
--
-- `world.run(plan)` carries out a plan of spec/world/plan.lua and returns the observation that
-- spec/world/observation.md describes. The same plan gives the same observation.

local agenda = require "spec.world.agenda"
local database = require "spec.world.database"
local faults = require "spec.world.faults"
local files = require "spec.world.files"
local journal = require "spec.world.journal"
local json = require "spec.world.json"
local modules = require "spec.world.modules"
local network = require "spec.world.network"
local observed = require "spec.world.observed"
local processes = require "spec.world.process"
local random_numbers = require "spec.world.random"
local services = require "spec.world.service"

local world = {}

local World = {}
World.__index = World

local MARK = "\239\187\191"  -- the byte order mark of UTF-8
local BEGAN = 1769198400  -- 2026-01-23T20:00:00Z
local HORIZON = 5 * 3600   -- seconds after which a world ends in any case
local MOST = 12000         -- events of a world
local ROUNDS = 5           -- runs of `mde resume` per batch at the end
local LASTING = 2          -- further ones, with faults, in some worlds

-- The observation

-- Adds an event. -> its number
function World:note(event)
  event.at = event.at or self.agenda.now
  local events = self.events
  events[#events + 1] = event
  return #events
end

function World:after(seconds, action)
  return self.agenda:at(self.agenda.now + seconds, action)
end

function World:on_row(process, entry)
  self:note { kind = "journal", process = process.name, store = process.store,
              table = entry.table, op = entry.op, row = entry.row }
end

-- A file was appended to: the audit log's lines are noted.
function World:on_append(process, path, text)
  if not path:find "audit%.jsonl$" then return end
  for line in text:gmatch "([^\n]*)\n" do
    self:note { kind = "audit", process = process.name, store = process.store, text = line,
                line = json.decode(line) }
  end
end

function World:on_replace(process, path, text)
  self:note { kind = "plan", process = process.name, path = path, text = text,
              plan = json.decode(text) }
end

-- An error that `mde` did not catch.
function World:defect(process, problem)
  self:note { kind = "defect", process = process.name, text = problem }
end

-- Processes

function World:next_pid()
  self.pid = self.pid + 1
  return self.pid
end

local function remove(real)
  for _, ending in ipairs { "", "-wal", "-shm", "-journal" } do os.remove(real .. ending) end
end

-- The file that has a host's database.
function World:real_path(host, path)
  local real = ("%s-%s-%s"):format(self.prefix, host.name, path:match "[^/]*$")
  if not self.real_files[real] then remove(real) end  -- an earlier run may have been killed
  self.real_files[real] = true
  return real
end

local function environment(self, host, entry)
  return {
    HOME = "/home/" .. entry.user, XDG_STATE_HOME = "/state/" .. host.store,
    XDG_CONFIG_HOME = "/config/" .. entry.user, TERM = "dumb", TZ = "UTC",
    AZURE_TENANT_ID = entry.tenant or self.service.tenant,
    AZURE_CLIENT_ID = self.service.application,
    AZURE_CLIENT_SECRET = self.secret,
    MDE_QUOTA = self.plan.service.limits and ("%d,%d"):format(self.service.limits.minute,
      self.service.limits.hour),
  }
end

-- A command line with the hash of the plan that it names in place of @hash.
local function with_hash(host, argv)
  local words = {}
  for i, word in ipairs(argv) do
    local text = word == "@hash" and host.disk:read(argv[2]) or ""
    words[i] = word == "@hash" and (text:match '(%x+)"[^"]*$' or ("0"):rep(64)) or word
  end
  return words
end

function World:start(entry)
  local host = self.hosts[entry.host]
  local started = processes.start(self, {
    name = entry.name, host = host, store = host.store, user = entry.user,
    argv = with_hash(host, entry.argv), input = entry.input, attended = entry.attended,
    agrees = entry.agrees, intent = entry.intent,
    crashes = entry.crashes or self.crashes[entry.name],
    environment = environment(self, host, entry),
  })
  self.processes[#self.processes + 1], self.process_by_name[entry.name] = started, started
  self.running = self.running + 1
  return started
end

function World:on_end(process)
  self.running = self.running - 1
  if process.on_end then process.on_end() end
end

-- The network

-- The fault of the next requests of an operation by a process | nil
local function answer_of(self, seen)
  for _, entry in ipairs(self.answers[seen.process.name] or {}) do
    if entry.count > 0 and seen.operation:find(entry.operation, 1, true) == 1 then
      entry.count = entry.count - 1
      return entry.fate
    end
  end
end

-- Counts a request. -> the fault of the plan that it meets | nil
local function fault_of(self, seen)
  if seen.operation == "sign_in" then
    self.sign_ins = self.sign_ins + 1
    return self.sign_in_faults[self.sign_ins] or self.outage
  end
  self.requests = self.requests + 1
  return self.faults[self.requests] or answer_of(self, seen) or self.outage
end

-- Draws what happens to a request, and applies the plan's faults.
function World:fate(seen)
  services.describe(seen)
  local random = self.random
  local fate = { way = random:scaled(0.01, 0.2), delay = random:scaled(0.01, 0.3) }
  local fault = fault_of(self, seen)
  if not fault then return fate end
  fate.lost, fate.outcome, fate.status = fault.lost, fault.outcome, fault.status
  fate.retry_after, fate.late = fault.retry_after, fault.late
  if fault.outcome == "proxy" then
    fate.answer = network.page(fault.page or 502, fault.retry_after)
  end
  return fate
end

local function event_of(seen)
  return {
    kind = "request", process = seen.process.name, sent = seen.sent, method = seen.method,
    path = seen.path, query = seen.params, body = seen.body, operation = seen.operation,
    bucket = seen.bucket, target = seen.target,
  }
end

-- Notes a request that does not reach the service. -> number of its event
function World:note_lost(seen)
  local event = event_of(seen)
  event.arrived = false
  return self:note(event)
end

-- Has the service answer a request. -> answer, number of its event
function World:answer(seen, fate)
  local event = event_of(seen)
  event.arrived = true
  seen.number = self:note(event)
  local answer = self.service:serve(seen, fate)
  event.admitted, event.effect, event.action = seen.admitted, seen.effect, seen.action
  event.status, event.answer = answer.status, json.decode(answer.body)
  answer.headers.date = network.date(self.agenda.now)
  if self.plan.service.has_mark and seen.operation ~= "sign_in" then
    answer.body = MARK .. answer.body
  end
  answer.headers["content-length"] = ("%d"):format(#answer.body)
  return answer, seen.number
end

-- Reports if another process writes the store, so that a BEGIN must wait.
function World:is_busy(process)
  return (self.busy[process.store] or 0) > 0
end

-- A world

local function new_host(self, row)
  return { name = row.name, store = row.store, disk = files.disk(), offset = row.offset,
           rate = row.rate, booted = self.began - row.uptime, boot = row.name }
end

local function copies(list)
  local new = {}
  for i, object in ipairs(list) do
    new[i] = {}
    for key, value in pairs(object) do new[i][key] = value end
  end
  return new
end

-- The configuration file with these guards.
local function configuration(plan, guards)
  local fields = {}
  if guards.max then fields[1] = ("max = %d"):format(guards.max) end
  for _, tag in ipairs(guards.protect_tags or {}) do
    fields[#fields + 1] = ("protect_tags = { %q }"):format(tag)
  end
  return ("return { profiles = { contoso = { tenant = %q, client_id = %q, guard = { %s } } } }")
    :format(plan.tenant, plan.application, table.concat(fields, ", "))
end

-- Writes the configuration of each host's user.
function World:configure(guards)
  for _, row in ipairs(self.plan.hosts) do
    self.hosts[row.name].disk:write(("/config/%s/mde/config.lua"):format(row.user),
      configuration(self.plan, guards), true)
  end
end

local function write_files(self)
  local plan = self.plan
  if plan.profile then self:configure(plan.profile.guards) end
  for _, row in ipairs(plan.hosts) do
    for _, policy in ipairs(plan.policies or {}) do
      self.hosts[row.name].disk:write(policy.path, policy.text, true)
    end
  end
end

local function new(plan, prefix)
  local self = setmetatable({
    seed = plan.seed, plan = plan, began = BEGAN, agenda = agenda.new(BEGAN), events = {},
    prefix = prefix, real_files = {}, hosts = {}, processes = {}, process_by_name = {},
    running = 0, pid = 1000, requests = 0, faults = {}, sign_ins = 0, sign_in_faults = {},
    answers = {}, crashes = {}, busy = {}, unsets = {},
    random = random_numbers.new(plan.seed, "network"), secret = "s3cret-" .. plan.seed .. "-x",
  }, World)
  for _, row in ipairs(plan.hosts) do self.hosts[row.name] = new_host(self, row) end
  local random = random_numbers.new(plan.seed, "service")
  self.service = services.new {
    agenda = self.agenda, random = random, note = function(event) return self:note(event) end,
    tenant = plan.tenant, application = plan.application, machines = copies(plan.machines),
    final_as = plan.service.final_as, cancel_takes = plan.service.cancel_takes,
    duplicate_as = plan.service.duplicate_as, page_size = plan.service.page_size,
    most_ids = plan.service.most_ids, no_lifetime = plan.service.no_lifetime,
    limits = plan.service.limits,
    course = function()
      local starts = random:scaled(1, 60)
      local is_well = self.is_ending or not plan.is_faulty or random:chance(0.9)
      local status = is_well and "Succeeded" or "Failed"
      return { { starts, "InProgress" }, { starts + random:scaled(5, 300), status } }
    end,
  }
  for _, action in ipairs(plan.actions) do
    self.service:add({ id = action.id, type = action.type, machine = action.machine,
      by = action.by, comment = action.comment, created = BEGAN - action.age,
      status = action.status, scope = action.scope }, action.course, "admin")
  end
  write_files(self)
  return self
end

-- Plans the entries. A fault of the n-th request or touch has no moment.
local function schedule(self)
  for _, entry in ipairs(self.plan.entries) do
    if entry.what == "crash" then
      self.crashes[entry.process] = self.crashes[entry.process] or {}
      local key = entry.append and "append " .. entry.append or entry.touch
      self.crashes[entry.process][key] = entry
    elseif entry.what == "answers" then
      local list = self.answers[entry.process] or {}
      self.answers[entry.process] = list
      list[#list + 1] = { operation = entry.operation, count = entry.count, fate = entry.fate }
    elseif entry.what == "sign_in" then
      self.sign_in_faults[entry.number] = entry.fate
    elseif entry.what == "request" then
      self.faults[entry.number] = entry.fate
    else
      self.agenda:at(self.began + entry.at, function() faults.happen[entry.what](self, entry) end)
    end
  end
end

-- Runs until nothing happens any more, or the limit. Waits that poll for ever end at the limit.
local function pass(self, limit, is_over)
  while not (is_over and is_over()) and #self.events < MOST and self.agenda:step(limit) do end
end

-- From now on nothing goes wrong.
local function end_faults(self)
  if self.faults_ended then return end
  self.faults, self.sign_in_faults, self.answers, self.outage = {}, {}, {}, nil
  self.crashes = {}
  for _, unset in ipairs(self.unsets) do unset() end
  self.faults_ended = self.plan.is_faulty and self.agenda.now or nil
end

-- Everything that a person or fault does has happened, and no process runs.
local function run_people(self)
  local last = 0
  for _, entry in ipairs(self.plan.entries) do
    if not entry.is_lasting then last = math.max(last, entry.at or 0, entry.ends or 0) end
  end
  pass(self, self.began + last)
  self.is_ending = true
  if not self.plan.lasts then end_faults(self) end
  for _, process in ipairs(self.processes) do
    process:thaw()
    if process.argv[1] == "watch" then process:interrupt() end
  end
  pass(self, self.began + HORIZON, function() return self.running == 0 end)
end

-- A person resumes each open batch, several times.
local function run_resumes(self)
  for round = 1, self.plan.lasts and LASTING + ROUNDS or ROUNDS do
    local is_open = false
    if round > LASTING then end_faults(self) end
    for _, row in ipairs(self.plan.hosts) do
      for _, name in ipairs(journal.open(self, row)) do
        is_open = true
        self:start { name = ("end%d-%s-%s"):format(round, row.name, name), host = row.name,
          user = row.user, argv = { "resume", name }, attended = true, agrees = true,
          crashes = self.crashes["end" .. round],
          intent = { what = "resume", batch = name } }
        pass(self, self.began + 2 * HORIZON, function() return self.running == 0 end)
      end
    end
    if not is_open then return end
    local later = self.agenda.now + 60 * 2 ^ round  -- devices report meanwhile
    pass(self, later)
    self.agenda.now = later
  end
end

-- Another person verifies the audit logs of some worlds.
local function run_audits(self)
  if self.seed % 4 ~= 0 then return end
  for _, row in ipairs(self.plan.hosts) do
    self:start { name = "audit-" .. row.name, host = row.name, user = row.user,
      argv = { "audit", "verify" }, intent = { what = "look" } }
    pass(self, self.began + 2 * HORIZON, function() return self.running == 0 end)
  end
end

local function clean(self)
  for _, process in ipairs(self.processes) do
    if not process.ended then
      for _, connection in ipairs(process.connections) do database.close(connection) end
    end
  end
  for real in pairs(self.real_files) do remove(real) end
end

-- `prefix`: of the names of database files, on a fast file system. -> observation
function world.run(plan, prefix)
  local self = new(plan, prefix)
  schedule(self)
  run_people(self)
  run_resumes(self)
  end_faults(self)
  run_audits(self)
  local observation = observed(self)
  clean(self)
  modules.current = nil
  return observation
end

return world
