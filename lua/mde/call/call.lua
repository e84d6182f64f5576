-- A call: one intent from start to outcome, as a state machine without I/O.
--
--   call:step(now, response, err)
--     --> "start", request     send this, and step with what comes of it
--     --> "wait", moment       nothing to do before then
--     --> "wait"               somebody else must move first (an answer, a token)
--     --> "done"               call.value, call.err, call.verdict are set
--
-- It takes the token, then a slot of the quota, sends, and judges the answer.
-- A 401 makes the token be fetched again, three times at most; a 429 pauses everybody and uses
-- up no attempt; what is transient is tried again with growing pauses. Retry
-- lives here and in mde.auth.token alone. What an answer means for the intent is the
-- judge's (mde.call.cancel): it is asked after each answer that is no such detour.

local answer = require "mde.service.response"
local cjson = require "cjson"
local core = require "mde.core"
local errors = require "mde.base.errors"
local permissions = require "mde.auth.permissions"
local retry = require "mde.base.retry"

-- How often a token may be refused before that is the answer: the next one may have been
-- revoked too, by the time it is used.
local MOST_REFUSED = 3

local THROTTLED = "the service asks to wait (HTTP 429 to '%s')"

local Call = {}
Call.__index = Call

local call = {}

-- `client` gives quota, token, clock, random, verification, notify_wait (see mde.client.notices),
-- to_service(encoded, header) and read(fields), which makes an entity.
-- `operation` and `arguments` are those of go_on_with below. `judge(call,
-- now, response, err)` decides what an answer or final failure leads to: it calls
-- finish, go_on_with, look_up or try_again. -> call | nil, err (an argument is malformed)
function call.new(client, operation, arguments, judge)
  local self = setmetatable({
    client = client, judge = judge, id = arguments.id, comment = arguments.comment,
    operation = false, encoded = false,  -- what is sent next
    not_before = 0,                      -- when
    attempt = 0,                         -- how often it went out
    refused = 0,                         -- how often its token was refused
    slot = false, fetch = false, header = false,  -- what it has: of quota and token
    in_air = false, first_sent = false,
    reached = false,                     -- the service may have acted on something
    leaving = false,                     -- nothing with an effect goes out any more
    throttled_since = false,             -- answers have been 429 since then
    accepted = false,                    -- the action, not final, that a cancel or launch gave
    accepted_as = "accepted",            -- the verdict, if nothing more is read of that
    go_on = false,                       -- go_on(call, value, err, verdict), asked when it would
                                         -- end: whether more is to be done
    posted = nil,                        -- the last answer to what has an effect; false: lost
    question = false,                    -- what it asked the client's verification
    asked_for = false,                   -- not before when
    asked_id = false,                    -- about which action
    missed_at = false,                   -- when its action was not found first
    failing_since = false,               -- since when the service has failed
    wanted_at = false,                   -- since when it waits for a slot
    is_doubted = false,                  -- a second look was announced
    done = false, value = nil, err = nil, verdict = nil,
  }, Call)
  local ok, err = self:go_on_with(operation, arguments, -math.huge)
  if not ok then return nil, err end
  return self
end

-- Reads the action next, or another with this id, together with what others ask for, not before
-- `moment`; the judge gets it.
function Call:look_up(moment, id)
  self.asked_id = id or self.id
  self.asked_for, self.question = moment, self.client.verification:ask(self, moment)
end

-- Makes `operation` the next thing to send, not before `moment`. Arguments with a path
-- are encoded already: { method, path, body, content_type }. So are those with a url, for
-- another host than the service's: { method, url, headers }; it gets neither the token
-- nor a slot of the quota.
function Call:go_on_with(operation, arguments, moment)
  local encoded, err = arguments, nil
  if not (arguments.path or arguments.url) then
    encoded, err = core.operation.encode(operation, arguments)
  end
  if not encoded then return nil, errors.new(err) end
  if encoded.fields then encoded.body = cjson.encode(encoded.fields) end
  self.operation, self.encoded = operation, encoded
  self.attempt, self.not_before, self.refused = 0, moment, 0
  return true
end

-- Ends with a value, or with an error, which becomes the call's own; unless it goes on.
function Call:finish(value, err, verdict)
  if self.go_on and self.go_on(self, value, err, verdict) then return end
  if err then
    err.operation = err.operation or self.operation
    err.id = err.id or self.id
    err.attempts = self.attempt > 1 and self.attempt or nil
    if err.code == "forbidden" and self.header and not self.encoded.url then
      err.permissions = core.operation.rows[self.operation].permissions
      local claims = permissions.claims(self.header) or {}
      err.held, err.audience = permissions.of(claims), permissions.audience(claims)
    end
  end
  self.done, self.value, self.err, self.verdict = true, value, err, verdict
end

-- What is known of the service's part, for one who stops here.
function Call:standing()
  return self.reached and "unknown" or "unsent"
end

-- Ends with what is known so far.
function Call:leave(standing)
  if self.accepted then
    return self:finish(self.client.read(self.accepted), nil, self.accepted_as)
  end
  self:finish(nil, nil, standing)
end

-- Ends a call that is not in the air; one that is may still read what came of it, but
-- sends nothing with an effect any more. -> whether it has ended
function Call:withdraw()
  self.leaving = true
  if self.in_air or (self.question and not self.accepted) then return false end
  if not self.done then self:leave(self:standing()) end
  return true
end

-- Ends a call in the air whose answer nobody waits for any more.
function Call:abandon(now)
  if self.slot then self.client.quota:lost(self.slot, now) end
  self.in_air, self.slot = false, false
  self:leave "unknown"
end

-- Takes back that a request was to be sent: it has not left.
function Call:ground()
  if self.slot then self.client.quota:unused(self.slot) end
  self.in_air, self.slot, self.attempt = false, false, self.attempt - 1
end

-- Ends a call that is not in the air for a reason that is not its own.
function Call:fail(err)
  self:finish(nil, errors.copy(err), self:standing())
end

-- {{ After an answer

-- Gives the slot back with what is known of when the service counted it.
function Call:settle_slot(now, err)
  local quota, slot = self.client.quota, self.slot
  if not slot then return end
  if not err then quota:answered(slot, now)
  elseif err.sent == false then quota:unused(slot)
  else quota:lost(slot, now) end
  self.slot = false
end

-- Whether to wait for a service that refuses to be asked: not for ever.
function Call:is_patient(now)
  self.throttled_since = self.throttled_since or now
  return now - self.throttled_since <= 2 * retry.longest_pause
end

-- The detours that use up no attempt. -> whether this was one
function Call:detour(now, response)
  if response.status == 429 and self:is_patient(now) then
    local pause = retry.after(response) or 60
    self.client.quota:pause(self.operation, now + pause)
    self.client:notify_wait(self.operation, "too_many_requests", now, now + pause,
      THROTTLED:format(self.operation))
  elseif response.status == 401 and self.refused < MOST_REFUSED
         and self.client.token:refuse(self.header) then
    self.refused = self.refused + 1
  else
    return false
  end
  self.attempt = self.attempt - 1
  return true
end

-- Sends the same once more after a pause, if any attempt is left.
-- -> whether it will
function Call:try_again(now, response)
  if self.attempt >= retry.attempts then return false end
  local pause = response and retry.after(response)
  self.not_before = now + (pause or retry.delay(self.attempt, self.client.random))
  self.failing_since = self.failing_since or now
  self.client:notify_wait(self.operation, "service", self.failing_since, self.not_before, response
    and ("the service failed (HTTP %d to '%s')"):format(response.status, self.operation)
    or ("the service can't be reached for '%s'"):format(self.operation))
  return true
end

-- Whether the same request may simply go out again: it never left, or it only
-- reads and the failure may pass.
function Call:may_repeat(response, err)
  if err.code == "tls" or err.code == "invalid_request" then return false end
  if not response and not err.sent then return true end
  return self.encoded.method == "GET" and (not response or retry.is_transient(response.status))
end

function Call:receive(now, response, failure)
  self.in_air = false
  if self.encoded.method ~= "GET" then self.posted = response or false end
  self:settle_slot(now, failure)
  if response and not self.encoded.url then self.client.service_clock.read(response, now) end
  if response and not self.encoded.url and self:detour(now, response) then return end
  self.throttled_since = false
  if response and response.status < 500 then self.failing_since = false end
  local err
  if failure then
    err = errors.new { code = failure.code, message = failure.message,
                       sent = failure.sent ~= false }
  elseif response.status < 200 or response.status > 299 then
    err = answer.error(response, answer.noun(self.encoded.path))
  end
  local has_effect = self.encoded.method ~= "GET"
  if has_effect and (response or err.sent) then self.reached = true end
  if err and self:may_repeat(response, err) and self:try_again(now, response) then return end
  self.judge(self, now, response, err)
end

-- }}

-- The token, or what to wait for. -> header | nil, what step returns
function Call:authorize(now)
  local token, awaited = self.client.token, self.fetch
  if awaited and awaited.done and awaited.err and not token.header then
    self:fail(awaited.err)
    return nil, "done"
  end
  local header, fetch = token:current(now)
  if header then return header end
  self.fetch = fetch
  return nil, "wait"
end

function Call:depart(now, request)
  self.in_air = true
  self.first_sent = self.first_sent or now
  self.attempt = self.attempt + 1
  return "start", request
end

-- -> moment, which is told if it is late
function Call:await_slot(now, moment)
  self.wanted_at = self.wanted_at or now
  local paused = self.client.quota:bucket(self.operation).paused
  if paused > now then
    self.client:notify_wait(self.operation, "too_many_requests", now, paused, THROTTLED:format(
      self.operation))
  elseif moment then
    self.client:notify_wait(self.operation, "quota", self.wanted_at, moment,
      ("the quota of '%s' is used up"):format(self.operation))
  end
  return moment
end

function Call:send(now)
  if self.leaving and self.encoded.method ~= "GET" and self:withdraw() then return "done" end
  if self.encoded.url then return self:depart(now, self.client:to_other(self.encoded)) end
  local header, otherwise = self:authorize(now)
  if not header then return otherwise end
  local slot, moment = self.client.quota:take(self.operation, now)
  if not slot then return "wait", self:await_slot(now, moment) end
  self.slot, self.header, self.fetch, self.wanted_at = slot, header, false, false
  return self:depart(now, self.client:to_service(self.encoded, header))
end

-- An action that a list lacks.
local function missing(response)
  return errors.new { code = "not_found", status = response.status,
                      message = "the service knows no such action" }
end

-- Takes what came of its question, if that is answered. Where it is not, the call reads
-- for itself.
function Call:heed(now)
  local question = self.question
  if not question.done then return end
  self.question = false
  if question.action then return self.judge(self, now, question.response, nil, question.action) end
  self:go_on_with("get", { id = self.asked_id }, now)
  local response = question.is_missing and question.response
  if response then self.judge(self, now, response, missing(response)) end
end

function Call:step(now, response, err)
  if response or err then self:receive(now, response, err) end
  if self.question and not self.done then self:heed(now) end
  if self.done then return "done" end
  if self.question then return "wait" end
  if self.in_air then return "wait" end
  if now < self.not_before then return "wait", self.not_before end
  return self:send(now)
end

return call
