-- One twin: real `mde` processes, a simulated service over HTTP, and faults.
--
-- `twin.run(plan, options)` carries out a plan of spec/twin/plan.lua and returns the observation
-- that spec/world/observation.md describes. It differs from that of a world:
--   a request is `sent` when it arrives;
--   a row of the journal is seen at the next request, and its time lies since the one before;
--   output comes at the end of its process, and there are no `audit` events;
--   limits are large in most plans, so that rules about windows and pace have little to judge.

local ledgers = require "spec.twin.ledger"
local faults = require "spec.twin.faults"
local json = require "spec.world.json"
local kernel = require "mde.process"
local processes = require "spec.twin.process"
local servers = require "mde.simulator.server"
local stores = require "spec.twin.stores"

local twin = {}

local Twin = {}
Twin.__index = Twin

local LIMIT = 400  -- seconds for a whole twin; a probe that was killed costs 120
local ROUNDS = 5   -- runs of `mde resume` per batch at the end

function Twin:now() return self.ledger.service:now() end

-- Adds an event; they are sorted at the end.
function Twin:note(event)
  event.at = event.at or self:now()
  self.events[#self.events + 1] = event
  event.order = #self.events
end

-- Notes the rows that have appeared, as before `now`.
function Twin:poll_stores(now)
  for _, store in pairs(self.stores) do store:poll(now) end
end

-- Processes

local function environment(self, entry, server)
  local limits = self.plan.limits
  return {
    HOME = self.folder, XDG_STATE_HOME = self.folder .. "/state/" .. entry.store,
    XDG_CONFIG_HOME = self.folder .. "/config", TERM = "dumb", TZ = "UTC",
    AZURE_TENANT_ID = entry.tenant or self.plan.tenant, AZURE_CLIENT_ID = self.plan.application,
    AZURE_CLIENT_SECRET = self.ledger.secret, MDE_API_URL = server.url,
    AZURE_AUTHORITY_HOST = server.url, MDE_QUOTA = ("%d,%d"):format(limits.minute, limits.hour),
    MDE_STORE = self.stores[entry.store].url or "",
  }
end

-- Today's batches, paths in this twin's folder, and the hash of a plan.
local function real_words(self, list)
  local words = {}
  for i, word in ipairs(list) do
    words[i] = word:gsub("^/plans/", self.folder .. "/plans/")
      :gsub("^/policies/", self.folder .. "/policies/")
      :gsub("^2026%-01%-23%.", os.date "!%Y-%m-%d" .. ".")
  end
  for i, word in ipairs(words) do
    if word == "@hash" then
      words[i] = processes.read(words[2]):match '(%x+)"[^"]*$' or ("0"):rep(64)
    end
  end
  return words
end

function Twin:start(entry)
  local host = self.hosts[entry.host]
  local fields = { store = host.store }
  for key, value in pairs(entry) do fields[key] = value end
  fields.argv, fields.intent = real_words(self, entry.argv), {}
  for key, value in pairs(entry.intent) do
    fields.intent[key] = type(value) == "string" and real_words(self, { value })[1] or value
  end
  local server = assert(servers.new(self.ledger.service))
  fields.began = self:now()
  local process = processes.start(fields, self.folder, environment(self, fields, server))
  process.server = server
  self.ledger:connect(server, process)
  self.processes[#self.processes + 1], self.by_name[entry.name] = process, process
  self:note { kind = "start", process = entry.name, argv = fields.argv, at = process.began }
  if entry.trouble and entry.trouble.what ~= "kill" then
    self:note { kind = "fault", what = "disk full", host = entry.host }
  end
end

local KILLED = 128 + 9

local function note_plan(self, process)
  local path = (process.argv[1] == "undo" or process.argv[1] == "plan") and process.intent.path
  local text = path and processes.read(path) or ""
  if text ~= "" then
    self:note { kind = "plan", process = process.name, path = path, text = text,
                plan = json.decode(text) }
  end
end

local function note_end(self, process)
  self:poll_stores(self:now())
  note_plan(self, process)
  for stream, text in pairs { stdout = process.out, stderr = process.err } do
    if text ~= "" then
      self:note { kind = "output", process = process.name, stream = stream, text = text }
    end
  end
  process.ended = self:now()
  if process.status == KILLED then
    process.crashed = true
    self:note { kind = "crash", process = process.name, where = "killed" }
  else
    self:note { kind = "exit", process = process.name, status = process.status }
  end
  for _, kept in ipairs(process.server.kept) do process.server:send(kept.id, kept.answer) end
  process.server:close()
end

-- Serves the requests of all processes. -> the number of processes that run
local function serve(self)
  local running = {}
  for _, process in ipairs(self.processes) do
    if not process.ended then running[#running + 1] = process end
  end
  for _, process in ipairs(running) do
    process.server:step(#running == 1 and not process.attended and 0.01 or 0)
    process:answer(function(event) self:note(event) end)
    if process:poll() then note_end(self, process) end
  end
  if #running > 1 or running[1] and running[1].attended then kernel.pause(0.001) end
  return #running
end

-- Time

function Twin:after(seconds, action)
  table.insert(self.timers, { at = self:now() + seconds, action = action })
end

local function run_timers(self)
  local now, rest = self:now(), {}
  for _, timer in ipairs(self.timers) do
    if timer.at <= now then timer.action() else rest[#rest + 1] = timer end
  end
  self.timers = rest
end

local function is_due(self, entry, running)
  if running == 0 then return true end
  if entry.after then
    local parent = self.by_name[entry.after]
    return parent ~= nil and parent.ended ~= nil
  end
  return self.requests >= (entry.at_request or 0)
end

-- `mde watch` ends by Ctrl-C once nothing else runs.
local function end_watches(self)
  if #self.waiting > 0 then return end
  local watches = {}
  for _, process in ipairs(self.processes) do
    if not process.ended and (process.argv[1] ~= "watch" or process.requests == 0
      and self:now() < process.began + 1) then
      return
    end
    if not (process.ended or process.is_interrupted) then watches[#watches + 1] = process end
  end
  for _, process in ipairs(watches) do
    process.is_interrupted = process:signal "INT"
    if process.is_interrupted then
      self:note { kind = "signal", process = process.name, signal = "INT" }
    end
  end
end

-- The processes that end by themselves.
local function busy_count(self)
  local count = 0
  for _, process in ipairs(self.processes) do
    if not process.ended and process.argv[1] ~= "watch" then count = count + 1 end
  end
  return count
end

-- Starts a command that is due. Without a process that ends by itself, the next one is.
local function start_due(self)
  local running = busy_count(self)
  for i = 1, #self.waiting do
    local entry = self.waiting[i]
    if is_due(self, entry, running) then
      table.remove(self.waiting, i)
      self:start(entry)
      return
    end
  end
end

-- Ends a twin at its limit: notes each process that runs, and kills it.
local function give_up(self)
  self.is_given_up, self.waiting = true, {}
  self:note { kind = "defect", process = "twin",
              text = ("it has not ended after %d s"):format(LIMIT) }
  for _, process in ipairs(self.processes) do
    if not process.ended then
      self:note { kind = "defect", process = process.name,
                  text = "it runs: " .. process:activity() }
      process:signal "KILL"
    end
  end
end

-- Runs until all commands have ended, or the limit is reached.
local function pass(self)
  if self.is_given_up then self.waiting = {} end
  while true do
    local running = serve(self)
    run_timers(self)
    end_watches(self)
    if running == 0 and #self.waiting == 0 then return end
    if self.waiting[1] then start_due(self) end
    if not self.is_given_up and self:now() > self.began + LIMIT then give_up(self) end
  end
end

-- The course of a twin

local function run_people(self)
  pass(self)
  faults.cease(self)
  self.faults_ended = self.plan.is_faulty and self:now() or nil
end

-- Waits until the devices have reported.
local function settle(self)
  while not self.is_given_up and self:now() < self.ledger:settles() do kernel.pause(0.05) end
end

-- A person resumes each open batch, several times.
local function run_resumes(self)
  for round = 1, ROUNDS do
    local is_open = false
    for _, row in ipairs(self.plan.hosts) do
      for _, name in ipairs(self.stores[row.store]:open()) do
        is_open = true
        table.insert(self.waiting, { name = ("end%d-%s-%s"):format(round, row.name, name),
          host = row.name, user = row.user, argv = { "resume", name }, attended = true,
          agrees = true, intent = { what = "resume", batch = name } })
        pass(self)
      end
    end
    if not is_open then return end
    settle(self)
  end
end

-- Sorts the events, and numbers those that others name.
local function numbered(self)
  table.sort(self.events, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.order < b.order
  end)
  local numbers = {}
  for i, event in ipairs(self.events) do
    numbers[event] = i
    event.order, event.outcome = nil, event.kind == "answer" and event.outcome or nil
  end
  for _, event in ipairs(self.events) do event.request = numbers[event.request] end
  return self.events
end

local function observed(process)
  return { name = process.name, host = process.host, user = process.user, store = process.store,
           argv = process.argv, input = process.input, agrees = process.agrees,
           is_attended = process.attended or false, began = process.began, ended = process.ended,
           status = not process.crashed and process.status or nil, crashed = process.crashed,
           out = process.out, err = process.err, intent = process.intent }
end

local function observe(self)
  local ledger, plan = self.ledger, self.plan
  local actions, machines = ledger:finish()
  local list, rows, limits = {}, {}, plan.limits
  for _, process in ipairs(self.processes) do list[process.name] = observed(process) end
  for name, store in pairs(self.stores) do rows[name] = store:read() end
  table.insert(ledger.secrets, ledger.secret)
  return {
    seed = plan.seed, is_faulty = plan.is_faulty, began = self.began, ended = self:now(),
    faults_ended = self.faults_ended, tenant = plan.tenant, application = plan.application,
    limits = setmetatable({}, { __index = function() return limits end }),
    secrets = ledger.secrets, profile = plan.profile or {}, machines = machines,
    actions = actions, events = numbered(self), processes = list, stores = rows,
  }
end

-- Ends with `mde audit verify` on each host.
local function run_audits(self)
  for _, row in ipairs(self.plan.hosts) do
    table.insert(self.waiting, { name = "audit-" .. row.name, host = row.name, user = row.user,
                                 argv = { "audit", "verify" }, intent = { what = "look" } })
  end
  pass(self)
end

-- The configuration file: the guards of the plan, and a client that does not wait long.
local function configuration(plan, guards)
  local fields = {}
  if guards.max then fields[#fields + 1] = ("max = %d"):format(guards.max) end
  for _, tag in ipairs(guards.protect_tags or {}) do
    fields[#fields + 1] = ("protect_tags = { %q }"):format(tag)
  end
  return ("return { profiles = { contoso = { tenant = %q, client_id = %q, timeout = %d,"
    .. " guard = { %s } } } }"):format(plan.tenant, plan.application, ledgers.timeout,
    table.concat(fields, ", "))
end

function Twin:configure(guards)
  processes.write(self.folder .. "/config/mde/config.lua", configuration(self.plan, guards))
end

local function write_files(self)
  local plan = self.plan
  os.execute(("mkdir -p %s/config/mde %s/plans"):format(self.folder, self.folder))
  self:configure((plan.profile or {}).guards or {})
  for _, policy in ipairs(plan.policies or {}) do
    local path = self.folder .. policy.path
    os.execute("mkdir -p " .. path:match "^(.*)/")
    processes.write(path, policy.text)
  end
end

local function new(plan, options)
  local self = setmetatable({ plan = plan, folder = options.folder, events = {}, processes = {},
    by_name = {}, hosts = {}, stores = {}, timers = {}, waiting = {}, requests = 0 }, Twin)
  local function note(event) self:note(event) end
  local function list() return self.processes end
  self.ledger = ledgers.new(plan, note, function(...) return faults.fate(self, ...) end)
  self.began = self:now()
  write_files(self)
  for _, row in ipairs(plan.hosts) do
    self.hosts[row.name] = row
    self.stores[row.store] = stores.new(row.store, ("%s/state/%s/mde"):format(self.folder,
      row.store), options.database and options.database(row.store), list, note)
  end
  return self
end

-- `options`: folder, an empty one; database(name) -> URL of a new PostgreSQL database, or nil for
-- SQLite. -> observation
function twin.run(plan, options)
  local self = new(plan, options)
  for _, entry in ipairs(plan.entries) do
    if entry.what == "run" then table.insert(self.waiting, entry) end
  end
  table.sort(self.waiting, function(a, b) return a.name < b.name end)  -- plans before `apply`
  faults.plan(self)
  run_people(self)
  run_resumes(self)
  run_audits(self)
  self:poll_stores(self:now())
  local observation = observe(self)
  for _, store in pairs(self.stores) do store:close() end
  return observation
end

return twin
