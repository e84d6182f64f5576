-- mde watch: plans in rounds, and carries out plans if policies are approved.
--
-- A failure of the service, the network or the store is an event; the next round tries again.

local agreement = require "mde.program.batch.confirmation"
local client = require "mde.program.session.client"
local duration = require "mde.base.duration"
local enforcement = require "mde.program.policy.enforcement"
local errors = require "mde.base.errors"
local events = require "mde.program.watch.events"
local execution = require "mde.program.batch.execution"
local failure = require "mde.program.exit"
local interruption = require "mde.program.terminal.interruption"
local metrics = require "mde.program.watch.metrics"
local notify = require "mde.program.batch.notify"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local permission = require "mde.program.session.permission"
local policies = require "mde.program.policy"
local round = require "mde.program.watch.round"
local selection = require "mde.program.session.profiles"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"
local windows = require "mde.program.session.windows"

local watch = {}

local EPILOG = [[
Without --approve, only reports. `mde test` and `mde plan` print the hash of the
policies; --approve takes 20 digits of it or more. Each round makes a plan and
carries it out as `mde apply` does: as a batch in the journal. If a guard is
exceeded, the whole plan is refused. Outside of the guards' hours, only reports.

Prints events to standard output, one JSON object per line: started, plan,
applied, refused, failed, stuck (actions that are open for too long), slots
(live responses in progress), reloaded, reload_failed, stopped.

SIGHUP loads the policies and the profile again. If one fails to load, the old
ones stay active. If the hash is not the approved one, only reports. After
`mde batch stop`, only reports until the next SIGHUP.

SIGTERM stops sending, waits for requests in flight, and ends with 0, or with
130 if a batch is open that `mde resume` continues. With --once the exit status
is that of the round: 3 if a guard refused it or the hash is not the approved
one.

A unit for systemd is examples/systemd/mde-watch.service.

Examples:
   mde watch policies/*.lua --once
   mde watch stale.lua --approve 9f2c41d0a8b36e17c5d2 --metrics mde.prom]]

local SHORTEST = 1  -- second between two rounds

local function every(text)
  local seconds, problem = duration.parse(text)
  if not seconds then return nil, problem end
  if seconds < SHORTEST then return nil, ("'%s' is less than %ds"):format(text, SHORTEST) end
  return seconds
end

function watch.define(command)
  command:epilog(EPILOG)
  command:argument("files", "Policies."):args "+":argname "FILE"
  options.add(command, "--every", "TIME", "Time from one round to the next. Default: 5m.", every)
  command:flag("--once", "Run one round.")
  options.add(command, "--approve", "HASH", "Carry out decisions of policies with this hash.")
  options.add(command, "--metrics", "FILE", "Write metrics for Prometheus to this file.")
  execution.define_reserve(command)
  permission.define(command)
end

local Watch = {}
Watch.__index = Watch

-- Policies

-- Loads policies and their guards. Raises the error.
local function load(parsed)
  local loaded = failure.check(policies.load_all(policies.files(parsed.files)))
  local profile = selection.one(parsed)
  return { loaded = loaded, guards = enforcement.guards(loaded, profile), profile = profile,
           hash = policies.hash(loaded) }
end

function Watch:note_info()
  self.metrics:clear "info"
  self.metrics:set("info", { version = require "mde.base.version", policies = self.hash,
    tenant = self.session.tenant, profile = self.session.profile }, 1)
end

function Watch:use(new)
  local given = self.parsed.approve
  self.loaded, self.guards, self.hash = new.loaded, new.guards, new.hash
  self.profile, self.parsed.bound = new.profile, nil
  self.approved = given ~= nil and agreement.approves(given, new.hash)
  self.why = nil
  if not given then self.why = "nothing is approved"
  elseif not self.approved then
    self.why = ("the policies' hash is %s, and %s… is approved"):format(new.hash,
      given:sub(1, agreement.digits))
  end
  self:note_info()
  self.metrics:set("approved", nil, self.approved and 1 or 0)
end

-- Carries out nothing more until the policies are loaded again, since a person stopped a batch.
function Watch:only_report(why)
  self.approved, self.why = false, why .. "; SIGHUP approves again"
  self.metrics:set("approved", nil, 0)
end

function Watch:reload()
  local done, new = pcall(load, self.parsed)
  if not done and not failure.status(new) then error(new, 0) end
  self.metrics:add("reloads_total", { result = done and "loaded" or "failed" })
  if done then
    self:use(new)
    self.is_due, self.is_changed = true, true
    self.events:tell("reloaded", { hash = self.hash, approved = self.approved, why = self.why })
  else
    self.events:tell("reload_failed", { hash = self.hash, approved = self.approved,
      code = failure.code(new), message = tostring(new) })
  end
  self:write_metrics()
end

-- Failures

-- Errors that the next round would find again.
local LASTING = { policy = true, limit = true, worker = true }

-- Seconds until the next round.
function Watch:pause_after(code)
  local most = self.parsed.every
  if LASTING[code] then return most end
  self.failures = self.failures + 1
  return math.min(most, 2 ^ math.min(self.failures, 30) * (0.5 + self.session.random() / 2))
end

function Watch:fail(raised)
  local is_error, code = errors.is(raised), failure.code(raised)
  self.pause = math.max(self:pause_after(code), is_error and raised.retry_after or 0)
  self.metrics:add("errors_total", { code = code })
  self.events:tell("failed", {
    code = code, message = tostring(raised), operation = is_error and raised.operation or nil,
    request_id = is_error and raised.request_id or nil, policy = is_error and raised.policy or nil,
    again = not self.parsed.once and math.ceil(self.pause) or nil,
  })
  self.is_store_lost = self.is_store_lost or code == "store"
end

-- Reports each pause that the service asks for as an event.
function Watch:tell_pauses()
  local now = self.session.clock.monotonic()
  for operation, bucket in pairs(self.session.quota.buckets) do
    if bucket.paused > now and bucket.paused ~= self.paused[operation] then
      self.paused[operation] = bucket.paused
      self.metrics:add("errors_total", { code = "too_many_requests" })
      self.events:tell("failed", { code = "too_many_requests", operation = operation,
        message = "the service says that the quota is used up: calls wait",
        again = math.ceil(bucket.paused - now) })
    end
  end
end

function Watch:write_metrics()
  local done, problem = self.metrics:write()
  if done then return end
  self.metrics:add("errors_total", { code = "file" })
  self.events:tell("failed", { code = "file", message = problem })
end

-- Rounds

-- Runs while the client waits: reloads, reports pauses, passes notices on.
function Watch:tick()
  if system.interrupt.reload() then self:reload() end
  self:tell_pauses()
  notify.step()
end

-- -> the reason why a batch must stop sending | nil
function Watch:stop_reason()
  local done, problem = pcall(self.tick, self)
  if not done then
    self.problem = self.problem or problem
    return "output failed"
  end
  return not self.approved and "the policies were changed" or nil
end

-- Connects again if the connection to the database was lost.
function Watch:recover()
  if not self.is_store_lost then return end
  self.session.store:rollback()
  if self.session.store.name ~= "memory" then
    local before = self.session.quota
    stores.forget()
    self:connect()
    self.session.quota:replace(before)
  end
  self.is_store_lost = false
end

-- Connects again, with the profile's new settings, after SIGHUP.
function Watch:renew()
  if not self.is_changed then return end
  self:connect()
  self.events.profile, self.events.tenant = self.session.profile, self.session.tenant
  self:note_info()
  self.is_changed = false
end

function Watch:connect()
  self.session = client.connect(self.parsed, execution.settings(self.parsed))
  interruption.obey(self.session, function() self:tick() end)
  self.session.only_reads = true
end

local function note_quota(self)
  for _, window in ipairs(windows.read(self.session)) do
    self.metrics:set("quota_free", { bucket = window.bucket, window = window.window },
      window.free)
  end
end

-- -> the result of a round, its exit status
local function try(self)
  self:recover()
  local result, status
  repeat
    self.is_due = false
    self:renew()
    result, status = round.run(self)
    if self.problem then error(self.problem, 0) end
  until result or system.interrupt.count() > 0
  note_quota(self)
  return result or "reported", status or 0
end

-- Runs one round; its failure is an event. -> exit status
function Watch:round()
  local clock = self.session.clock
  local began, at, before = clock.monotonic(), clock.wall(), self.failures
  self.pause = nil
  local done, result, status = pcall(try, self)
  if not done then
    status = failure.status(result)
    if not status or self.problem or self.events.problem then error(result, 0) end
    local interrupted = system.interrupt.count() > 0
    if not interrupted then self:fail(result) end
    result = interrupted and "interrupted" or "failed"
  end
  if self.failures == before then self.failures = 0 end
  self.metrics:add("rounds_total", { result = result })
  self.metrics:set("last_round_timestamp_seconds", nil, at)
  self.metrics:set("last_round_duration_seconds", nil, clock.monotonic() - began)
  if done and result ~= "failed" then
    self.metrics:set("last_success_timestamp_seconds", nil, at)
  end
  self.next = self.pause and clock.monotonic() + self.pause or began + self.parsed.every
  self:write_metrics()
  return status
end

-- Waits for the next round, or a signal.
function Watch:rest()
  while system.interrupt.count() == 0 do
    self:tick()
    local now = self.session.clock.monotonic()
    if self.is_due or now >= self.next then return end
    local seconds = math.min(self.next - now, 1)
    self.session.scheduler:rest(seconds, seconds)
  end
end

-- -> exit status of the last round
function Watch:loop()
  local status
  repeat
    status = self:round()
    if not self.parsed.once then self:rest() end
  until self.parsed.once or system.interrupt.count() > 0
  return status
end

-- Reports the end. -> exit status
function Watch:stop(status)
  local signals, name = system.interrupt.count()
  if not self.parsed.once then status = 0 end
  if self.parsed.once and not self.approved and self.parsed.approve then
    status = math.max(status, failure.refused)
  end
  if signals > 0 then
    status = (name == "INT" or self.left) and failure.interrupted or 0
  end
  local left = signals > 0 and self.left or nil
  self.events:tell("stopped", { signal = name, status = status, batch = left and left.batch,
    left = left and left.count, resume = left and "mde resume " .. left.batch })
  return status
end

function Watch:start(new)
  self:use(new)
  local names = {}
  for i, policy in ipairs(self.loaded) do names[i] = policy.name end
  self.events:tell("started", { hash = self.hash, approved = self.approved, why = self.why,
    policies = names, every = not self.parsed.once and self.parsed.every or nil,
    version = require "mde.base.version" })
  local warning = policies.warning()
  if warning then output.note("%s", warning) end
  if self.why then output.note("Reports only: %s.", self.why) end
  local done, problem = self.metrics:write()
  if not done then failure.raise(failure.failed, "%s", problem) end
end

function watch.run(parsed)
  if parsed.approve then agreement.check_hash(parsed.approve) end
  parsed.every, parsed.reads_only = parsed.every or 300, not parsed.approve
  system.interrupt.watch(true)
  local new = load(parsed)
  local self = setmetatable({ parsed = parsed, failures = 0, paused = {}, last = {},
                              metrics = metrics.new(parsed.metrics) }, Watch)
  self:connect()
  self.events = events.new(self.session)
  self:start(new)
  return self:stop(self:loop())
end

return watch
