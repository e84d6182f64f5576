-- A client: one application in one tenant, and the calls that are going for it.
--
-- What calls share (the quota, the token, the answers that come) is the client's,
-- and whoever waits moves all of them: a thread that is killed while it waits
-- strands nobody. Nothing here does I/O but through the engine, the clock and the
-- host that the client was made with. How it is made: mde.client in mde.init.

local batch = require "mde.client.cancel_all"
local callers = require "mde.call.coroutine"
local calls = require "mde.call.call"
local core = require "mde.core"
local entity = require "mde.service.entity"
local errors = require "mde.base.errors"
local judge = require "mde.call.cancel"
local memory = require "mde.store.memory"
local pass = require "mde.call.scheduler"
local quota = require "mde.call.quota"
local service_clock = require "mde.service.clock"
local tokens = require "mde.auth.token"
local verification = require "mde.call.readback"

local client = {}

local Client = {}
Client.__index = Client
Client.__name = "mde.client"

-- {{ Moving calls on. A task is a call, or a token being fetched: they step alike.

local function append(tasks, task)
  tasks[#tasks + 1] = task
end

-- The error of calls of a closed client; nil while it is open.
function Client:closed_error()
  if not self.closed then return nil end
  return errors.new { code = "interrupted", message = "the client was closed" }
end

function Client:add(task)
  local err = self:closed_error()
  if err then return task:fail(err) end
  self.whole(append, self.tasks, task)
  self.quiet_until = -math.huge
end

-- Moves what can be moved without waiting.
local function move(self)
  local now = self.clock.monotonic()
  local answers = self.engine:step() > 0 or self.was_cut
  if not answers and now < self.quiet_until then return end
  if self.was_cut then self.verification:recover() end
  self.was_cut = true  -- what is raised in the pass may lose an answer that was taken
  self.quiet_until, self.moved_at = math.huge, now  -- unless something is added meanwhile
  local moment = pass.run(self, now, answers)
  self.quiet_until = math.min(self.quiet_until, moment)
  self.was_cut = false
end

local function is_in_air(tasks)
  for _, task in ipairs(tasks) do
    if task.flight then return true end
  end
  return false
end

local SHORTEST, LONGEST = 0.001, 0.05  -- seconds between two looks for an answer

--- Moves everything that goes for the client as far as it goes without waiting: for who drives a
--- client from a loop of their own. What is suggested is how long to sleep before the next step
--- (while answers are awaited a millisecond for each, as each may have a thread that steps, or half
--- of the time that nothing came, up to 50 ms), and for how long nothing is to be done unless an
--- answer comes.
---
---     local pause = client:step()
---     timer:start(math.ceil(pause * 1000), 0, drive)    -- luv: examples/event_loops
---@return number pause seconds
---@return number seconds at most 1
function Client:step()
  self.whole(move, self)
  if self.records[1] or self.notices[1] then self:observe() end
  local now = self.clock.monotonic()
  local seconds = math.max(0, math.min(self.quiet_until - now, 1))
  if not is_in_air(self.tasks) then return seconds, seconds end
  local pause = math.max(#self.tasks * SHORTEST, (now - self.moved_at) / 2)
  return math.min(pause, LONGEST, seconds), seconds
end

-- Waits as `step` suggests.
function Client:rest(pause, seconds)
  if seconds > 0 then self.host.wait(self.engine, seconds, pause) end
end

-- Whether all have ended.
local function are_done(list)
  for _, call in ipairs(list) do
    if not call.done then return false end
  end
  return true
end

-- Ends what is to be stopped, as client.stop (a function, as mde.client.cancel_all has it) wishes.
function Client:heed_stop(list)
  local wish = self.stop and self.stop()
  if not wish then return end
  for _, call in ipairs(list) do
    if not call.done then self:withdraw(call, wish == "at once") end
  end
end

-- Ends what has an end (call.ends_at), whatever it waits for.
function Client:heed_ends(list)
  local now = self.clock.monotonic()
  for _, call in ipairs(list) do
    if not call.done and call.ends_at and now >= call.ends_at then self:withdraw(call, true) end
  end
end

function Client:drive(list)
  for _, call in ipairs(list) do
    call.ends_at = call.ends_at or self.ends_at
    self:add(call)
  end
  while true do
    self:heed_stop(list)
    self:heed_ends(list)
    if are_done(list) then return end
    local pause, seconds = self:step()
    if are_done(list) then return end
    self:rest(pause, seconds)
  end
end

-- Drives calls to their end. Where that is interrupted by what is raised meanwhile,
-- nothing more is sent for them.
function Client:finish(list)
  for _, call in ipairs(list) do call.caller = callers.current() end
  local ok, raised = pcall(self.drive, self, list)
  if ok then return end
  self.store:rollback()
  for _, call in ipairs(list) do self:withdraw(call, true) end
  error(raised, 0)
end

-- Drives one call, which is for `operation`, to its end. -> value | nil, err
function Client:complete(call, operation)
  self:finish { call }
  if call.err then return nil, call.err end
  if call.value == nil and call.verdict then
    local err = self:end_reached(operation) or errors.new { code = "interrupted",
      operation = operation, message = "interrupted" }
    err.sent = call.verdict ~= "unsent"
    return nil, err
  end
  return call.value
end

-- Makes one call, whose answers go to `on_answer` (a judge, see mde.call.call), and drives it to
-- its end; `details` are further fields of the call. -> value | nil, err
function Client:perform(operation, arguments, on_answer, details)
  local call, err = calls.new(self, operation, arguments, on_answer)
  if not call then return nil, err end
  for key, value in pairs(details or {}) do call[key] = value end
  return self:complete(call, operation)
end

local function withdraw(self, call, at_once)
  self.quiet_until = -math.huge
  if call:withdraw() or not at_once then return end
  if call.flight then self.engine:abandon(call.flight) end
  call.flight = nil
  call:abandon(self.clock.monotonic())
end

-- Ends a call that is not in the air; if `at_once`, any.
function Client:withdraw(call, at_once)
  self.whole(withdraw, self, call, at_once)
end

-- }}

-- {{ Operations

-- An id, or an action that has one. -> id in lower case | nil, err
local function id_of(target)
  local id = type(target) == "table" and target.id or target
  if type(id) ~= "string" then
    return errors.invalid("an action's id must be text, not a %s", type(id))
  end
  return core.operation.guid(id) or id
end

-- Something that was sent before by somebody who did not see the answer.
local ASKED_BEFORE = { code = "lost", message = "sent before, and its answer was not seen",
                       sent = true }

-- Whether a target of a journal left before now.
local function was_sent(target)
  return target.read_first and target.sends ~= nil and target.sends[1] ~= nil or false
end

-- A call that cancels, and waits at most `wait` seconds (default 0) for an action that is
-- accepted to become final. A target with `read_first` was sent before, if it has `sends`,
-- `sent_ago` seconds ago (nil: not known): it is read, and sent again only if it is still
-- open. One with `expected` is read too, and left alone (`changed`) where its status is
-- another. -> call | nil, err
function Client:cancelling(target, comment, wait)
  local id, err = id_of(target)
  if not id then return nil, err end
  if type(comment) ~= "string" then
    return errors.invalid("cancel: comment %s: say why, in a few words",
      comment == nil and "is missing" or "must be text, not a " .. type(comment))
  end
  local call
  call, err = calls.new(self, "cancel", { id = id, comment = comment }, judge.cancel)
  if not call then return nil, err end
  call.wait = wait
  if type(target) == "table" and (target.read_first or target.expected) then
    local now = self.clock.monotonic()
    call.posted_err, call.posts = errors.copy(ASKED_BEFORE), 0
    call.reached, call.was_sent = target.read_first or false, was_sent(target)
    call.first_sent = now - (call.was_sent and (target.sent_ago or math.huge) or 0)
    call.expected = not target.read_first and target.expected or nil
    call:look_up(now)
  end
  return call
end

--- Cancels one action. An answer that is lost is settled by reading the action, before anything is
--- sent again. Needs any one of the permissions that launch actions, and Machine.Read.All.
---
---     local action, verdict = client:cancel(id, { comment = "Stuck, CHG-4711" })
---     print(id, action and verdict or tostring(verdict))
---@param target string|mde.action its id, or the action itself
---@param options {comment: string, wait?: number} why, which the service keeps; seconds to wait for the end of what was accepted (default 0)
---@return mde.action? action as it is now
---@return mde.verdict|mde.error verdict or, without an action, the error
---@return mde.verdict? verdict with an error
function Client:cancel(target, options)
  options = options or {}
  errors.check_keys("cancel", options, { comment = true, wait = true })
  local wait = options.wait
  if wait ~= nil and not (type(wait) == "number" and wait >= 0) then
    local _, wrong = errors.invalid("cancel: wait: '%s' is not a number of seconds",
      tostring(wait))
    return nil, wrong, "error"
  end
  local call, err = self:cancelling(target, options.comment, wait)
  if not call then return nil, err, "error" end
  self:finish { call }
  if call.err then return nil, call.err, call.verdict end
  return call.value, call.verdict
end

--- Cancels many actions under the service's limits, `parallel` at once; each ends with one verdict.
--- What the iterator or on_item raises is raised again once what was in the air has ended; whatever
--- else is raised meanwhile, nothing is sent afterwards. A refused sign-in stops it.
---
---     local report = assert(client:cancel_all(io.lines "ids.txt", { comment = "Stuck, CHG-4711",
---       on_item = function(item) print(item.id, item.verdict, item.error) end }))
---@param targets (string|mde.action|mde.target)[]|fun(): string|mde.action|mde.target|nil ids or actions, or an iterator
---@param options mde.batch_options
---@return mde.report? report
---@return mde.error? err nothing was sent
function Client:cancel_all(targets, options)
  errors.check_keys("cancel_all", options or {}, batch.options)
  local closed = self:closed_error()
  if closed then return nil, closed end
  local report, err = batch.run(self, targets, options or {})  -- no tail call: levels count
  return report, err
end

--- Reads one action.
---@param target string|mde.action its id, or the action, which is read anew
---@return mde.action? action
---@return mde.error? err
function Client:action(target)
  local id, err = id_of(target)
  if not id then return nil, err end
  return self:perform("get", { id = id }, judge.action)
end

-- }}

-- {{ The methods of other nouns

local function include(methods)
  for name, method in pairs(methods) do Client[name] = method end
end

include(require "mde.client.actions")
include(require "mde.client.download")
include(require "mde.client.isolation".methods)
include(require "mde.client.launch".methods)
include(require "mde.client.library")
include(require "mde.client.machines")
include(require "mde.client.notices")
include(require "mde.auth.permissions".methods)
include(require "mde.client.request")
include(require "mde.client.tags")
include(require "mde.client.transport")
include(require "mde.client.unblock")
include(require "mde.client.undo".methods)
include(require "mde.client.wait")

-- }}

--- Gives up every call: whoever waits for one gets an error. May be called again.
function Client:close()
  self.closed = true
  for _, task in ipairs(self.tasks) do
    if task.flight and not task.withdraw then self.engine:abandon(task.flight) end
    if task.withdraw and not task.done then
      self:withdraw(task, true)
      task.err = self:closed_error()
    end
  end
  self.tasks = {}
end

Client.__close = Client.close

function Client:__tostring()
  return ("mde.client (%s)"):format(self.tenant or self.application)
end

-- Calls f, where the host need not see to it that nobody interrupts.
local function directly(f, ...) return f(...) end

-- A token names the tenant and application: the quota is theirs, however they were written.
function Client:signs_in_as(tenant, application)
  local key = tenant .. "/" .. application
  if key == self.application then return end
  self.application = key
  self.quota:share(self.store:windows(key))
end

-- Makes a client of `settings` (see mde.config.options) in a `world` of engine, clock, host
-- (as in mde.host), random (gives a number in [0, 1)) and store (default: one of
-- its own, in memory).
function client.new(settings, world)
  local store, service_time = world.store or memory.new(), service_clock.new(world.clock)
  local self = setmetatable({
    engine = world.engine, clock = world.clock, host = world.host, random = world.random,
    whole = world.host.whole or directly,
    tenant = settings.tenant, application = settings.application,
    configured = settings.application,  -- as `application` was before a token named it
    api_url = settings.api_url,
    client_id = settings.client_id, cloud = settings.cloud, origins = settings.origins,
    credential = settings.credential, authority = settings.authority, scope = settings.scope,
    timeout = settings.timeout,
    connect_timeout = settings.connect_timeout, user_agent = settings.user_agent,
    ca_file = settings.ca_file, http_version = settings.http_version,
    api_proxy = settings.api_proxy, authority_proxy = settings.authority_proxy,
    proxy_to = settings.proxy_to,
    on_request = settings.on_request, on_notice = settings.on_notice,
    service_clock = service_time, read = entity.reader(service_time),
    store = store,
    quota = quota.new(settings.limits, settings.timeout, store:windows(settings.application),
      settings.reserve),
    told = {},  -- waits that were told: see mde.client.notices
    launched_at = {},  -- when actions were launched here: see mde.call.cancel
    launched = {},  -- ids of actions that did not name their machine: see mde.client.launch
    tasks = {}, records = {}, notices = {}, unwritten = {}, was_cut = false,
    quiet_until = -math.huge,
    moved_at = -math.huge,
  }, Client)
  self.verification = verification.new(self)
  self.token = tokens.new(self:transported(settings.credential), self,
    function(fetch) self:add(fetch) end,
    function(tenant, application) self:signs_in_as(tenant, application) end)
  return self
end

return client
