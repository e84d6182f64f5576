-- The client: makes calls for one application in one tenant, and drives them to their end.
--
-- All calls of a client share its token, quota and scheduler, and each waiting thread moves all of
-- them: if one is killed while it waits, the others go on. The client does I/O only through the
-- engine, clock, store and host that it was given. mde.client in mde/init.lua makes one.

local callers = require "mde.call.coroutine"
local calls = require "mde.call.call"
local core = require "mde.core"
local entity = require "mde.service.entity"
local errors = require "mde.base.errors"
local judge = require "mde.call.cancel"
local memory = require "mde.store.memory"
local quota = require "mde.call.quota"
local readback = require "mde.call.readback"
local scheduler = require "mde.call.scheduler"
local service_clock = require "mde.service.clock"
local tokens = require "mde.auth.token"

local client = {}

local Client = {}
Client.__index = Client
Client.__name = "mde.client"

-- Driving calls

-- The error of calls of a closed client; nil while it is open.
function Client:closed_error()
  if not self.closed then return nil end
  return errors.new { code = "interrupted", message = "the client was closed" }
end

--- Moves all calls of the client as far as they go without waiting, for programs with a loop of
--- their own. Sleep for `pause` before the next step. It grows to 50 ms while answers are awaited,
--- and is at least a millisecond per call, since each call may have a thread that steps.
---
---     local pause = client:step()
---     timer:start(math.ceil(pause * 1000), 0, drive)    -- luv: examples/event_loops
---@return number pause seconds
---@return number seconds for which nothing is to be done unless an answer comes; at most 1
function Client:step()
  return self.scheduler:step()
end

--- The descriptor for event loops (Linux): readable while client:step() has something to do. Wait
--- for it at most client:timeout() seconds, then step. All clients of a Lua state share it.
---
---     loop:wrap(function()  -- cqueues; luv takes it with uv.new_poll(client:pollfd())
---       while true do
---         client:step()
---         cqueues.poll(client)
---       end
---     end)
---@return integer? descriptor
---@return mde.error? err
function Client:pollfd()
  local descriptor, err = self.engine:pollfd()
  if descriptor then return descriptor end
  return nil, errors.new(err)
end

--- The events of client:pollfd() to wait for, as cqueues names them.
---@return "r"
function Client:events() return "r" end

--- Seconds until client:step() has something to do although client:pollfd() is not readable.
---@return number? seconds nil: not before the descriptor is readable, or a call is made
function Client:timeout()
  return self.scheduler:timeout()
end

-- Reports whether all calls have ended.
local function are_done(list)
  for _, call in ipairs(list) do
    if not call.done then return false end
  end
  return true
end

-- Ends the calls that client.stop (a function, as cancel_all has it) or their ends_at stops.
local function stop_calls(self, list)
  local wish = self.stop and self.stop()
  local now = self.clock.monotonic()
  for _, call in ipairs(list) do
    local is_late = call.ends_at and now >= call.ends_at
    if not call.done and (wish or is_late) then
      self.scheduler:withdraw(call, is_late or wish == "at once")
    end
  end
end

local function drive(self, list)
  local is_patient = not self.stop
  for _, call in ipairs(list) do
    call.ends_at = call.ends_at or self.ends_at
    is_patient = is_patient and not call.ends_at
    self.scheduler:add(call)
  end
  self.scheduler:drive(function()
    stop_calls(self, list)
    return are_done(list)
  end, function()
    return are_done(list) and "over"
  end, is_patient)
end

-- Drives calls to their end. If an error is raised meanwhile, nothing more is sent for them.
function Client:finish(list)
  for _, call in ipairs(list) do call.caller = callers.current() end
  local is_urgent = self.quota.is_urgent
  self.quota.is_urgent = is_urgent or self.is_attended and #list == 1
  local ok, raised = pcall(drive, self, list)
  self.quota.is_urgent = is_urgent
  if ok then return end
  self.store:rollback()
  for _, call in ipairs(list) do self.scheduler:withdraw(call, true) end
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
-- its end; `kind` are the fields of its kind. -> value | nil, err
function Client:perform(operation, arguments, on_answer, kind)
  local call, err = calls.new(self, operation, arguments, on_answer, kind)
  if not call then return nil, err end
  return self:complete(call, operation)
end

-- Operations

-- The id of a target: an id, or an action. -> id in lower case | nil, err
local function id_of(target)
  local id = type(target) == "table" and target.id or target
  if type(id) ~= "string" then
    return errors.invalid("an action's id must be text, not a %s", type(id))
  end
  return core.operation.guid(id) or id
end

-- The error of a cancel that another process sent before, without receiving the answer.
local SENT_BEFORE = { code = "lost", message = "sent before, and its answer was not seen",
                      sent = true }

-- Reports whether a journal's target was sent before.
local function was_sent(target)
  return target.read_first and target.sends ~= nil and target.sends[1] ~= nil or false
end

-- Makes a call read its target before anything is sent: see `cancelling`.
local function read_first(self, call, target)
  local now, own = self.clock.monotonic(), call.cancel
  own.post_err, own.was_sent = errors.copy(SENT_BEFORE), was_sent(target)
  own.expected = not target.read_first and target.expected or nil
  call.reached = target.read_first or false
  call.first_sent = now - (own.was_sent and (target.sent_ago or math.huge) or 0)
  own.in_doubt_at = own.was_sent and call.first_sent or nil
  call:look_up(now)
end

-- A call that cancels, and waits at most `wait` seconds (default 0) for an accepted action to
-- become final. A target with `read_first` may have been sent before, if it has `sends`, `sent_ago`
-- seconds ago (nil: unknown): it is read first, and sent again only if it is still open. A target
-- with `expected` is read first too, and ends `changed` if its status differs. -> call | nil, err
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
  call.cancel = judge.cancel_fields(wait)
  if type(target) == "table" and (target.read_first or target.expected) then
    read_first(self, call, target)
  end
  return call
end

--- Cancels one action. If the answer is lost, the action is read before anything is sent again.
--- Requires one of the permissions that launch actions, and Machine.Read.All.
---
---     local action, verdict = client:cancel(id, { comment = "Stuck, CHG-4711" })
---     print(id, action and verdict or tostring(verdict))
---@param target string|mde.action its id, or the action itself
---@param options {comment: string, wait?: number} the reason, which the service keeps; seconds to wait for the end of an accepted action (default 0)
---@return mde.action? action as last read
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

--- Reads one action.
---@param target string|mde.action its id, or the action, which is read again
---@return mde.action? action
---@return mde.error? err
function Client:action(target)
  local id, err = id_of(target)
  if not id then return nil, err end
  return self:perform("get", { id = id }, judge.action)
end

-- The methods of other nouns

local function include(methods)
  for name, method in pairs(methods) do Client[name] = method end
end

include(require "mde.client.actions")
include(require "mde.client.changes".methods)
include(require "mde.client.download")
include(require "mde.client.isolation".methods)
include(require "mde.client.launch".methods)
include(require "mde.client.launch_item".methods)
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

--- Ends every call with an error. May be called again.
function Client:close()
  self.closed = true
  self.scheduler:close(function() return self:closed_error() end)
end

Client.__close = Client.close

function Client:__tostring()
  return ("mde.client (%s)"):format(self.tenant or self.application)
end

-- Calls f; for hosts that cannot be interrupted.
local function directly(f, ...) return f(...) end

-- Notes the tenant and application that a token names, whose quota the calls use.
function Client:signs_in_as(tenant, application)
  local key = tenant .. "/" .. application
  if key == self.application then return end
  self.application = key
  self.quota:share(self.store:windows(key))
end

-- The settings that a client keeps: see mde.config.options.
local KEPT = { "tenant", "application", "api_url", "client_id", "cloud", "origins", "credential",
               "authority", "scope", "connect_timeout", "user_agent", "ca_file",
               "http_version", "api_proxy", "authority_proxy", "proxy_to", "on_request",
               "on_notice" }

-- Makes a client of `settings` (mde.config.options) in a `world` of engine, clock, host (as in
-- mde.host), random (returns a number in [0, 1)) and store (default: one of its own, in memory).
function client.new(settings, world)
  local store, service_time = world.store or memory.new(), service_clock.new(world.clock)
  local self = setmetatable({
    engine = world.engine, clock = world.clock, host = world.host, random = world.random,
    whole = world.host.whole or directly, store = store,
    configured = settings.application,  -- `application` before a token named it
    service_clock = service_time, read = entity.reader(service_time),
    quota = quota.new(settings.limits, settings.timeout, store:windows(settings.application),
      settings.reserve),
    request_timeout = settings.timeout,
    stop = nil,     -- asked while calls run: see mde.batch_options
    ends_at = nil,  -- the moment at which calls are given up
    is_attended = false,  -- a person types the calls: an open breaker does not hold a single one
    -- mde.client.notices:
    noted_waits = {}, waited_for = nil, records = {}, notices = {},
    -- mde.client.launch:
    launched_at = {},  -- id of an action launched here -> when
    nameless = {},     -- ids of actions launched here that did not name their machine -> true
  }, Client)
  for _, key in ipairs(KEPT) do self[key] = settings[key] end
  self.request_fields, self.last_headers = nil, {}  -- mde.client.transport
  self.scheduler, self.readback = scheduler.new(self), readback.new(self)
  self.token = tokens.new(self:transported(settings.credential), self,
    function(fetch) self.scheduler:add(fetch) end,
    function(tenant, application) self:signs_in_as(tenant, application) end)
  return self
end

return client
