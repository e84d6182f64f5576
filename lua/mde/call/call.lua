-- One API call from its start to its outcome: a state machine that does no I/O.
--
--   call:step(now, response, err)
--     --> "start", request     send the request, then step with its result
--     --> "wait", moment       nothing to do before then
--     --> "wait"               another call's answer, a token or a readback must come first
--     --> "done"               call.value, call.err and call.verdict are set
--
-- The call takes the token, then a slot of the quota, is sent, and judges the answer. A 401 makes
-- the token be fetched again, at most three times. A 429 pauses the operation for all processes
-- and does not count as an attempt. Transient failures are tried again after growing pauses; only
-- this file and mde.auth.token do so. Every other answer goes to the call's judge, such as
-- mde.call.cancel, which decides how the call ends or continues.

local answer = require "mde.service.response"
local cjson = require "cjson"
local core = require "mde.core"
local date = require "mde.base.date"
local errors = require "mde.base.errors"
local permissions = require "mde.auth.permissions"
local probe = require "mde.call.probe"
local retry = require "mde.base.retry"
local retry_after = require "mde.service.retry_after"

-- The limit of refused tokens for a call: the next one may also be revoked by the time it is used.
local MOST_REFUSED = 3

-- The fields of a call with their first values; calls have methods below and, besides, client,
-- judge, id (of the action; nil for calls that are not about one) and comment.
local Call = {
  -- The next request.
  operation = false, encoded = false,  -- as core.operation.encode returns it
  not_before = 0,           -- the moment before which it is not sent
  attempt = 0,              -- how often it was sent
  refused = 0,              -- how often its token was refused
  slot = false,             -- of the quota, until the answer comes
  header = false,           -- with the token that it was sent with
  fetch = false,            -- of the token that it waits for
  slot_wanted_at = false,   -- since when it waits for a slot
  throttled_since = false,  -- since when all answers were 429
  failing_since = false,    -- since when the service has failed
  probes = false,           -- the operation whose open breaker it may pass: see mde.call.probe
  has_probed = false,       -- it was such a probe
  held = false,             -- its request, until a read is answered
  was_answered = false,     -- a request with an effect was answered, and not by 401, 403, 429, 5xx

  -- The state of the intent.
  in_flight = false,        -- a request was sent, and its answer has not come
  first_sent = false, reached = false,  -- when it was first sent; the service may have acted on it
  posted = false,           -- the last request with an effect, answered or lost, as encoded
  post_response = nil,      -- the answer to it; nil: it was lost
  leaving = false,          -- no request with an effect is sent any more
  accepted = false,         -- the open action that a cancel or launch returned
  accepted_as = "accepted", -- the verdict if nothing more is read of that action
  before_end = false,       -- before_end(call, value, err, verdict) is called when the call would
                            -- end. -> whether it continues instead

  -- Reading the action, by the client's readback.
  question = false,         -- what it asked the readback, until that is answered
  asked_id = false, asked_for = false,  -- the action asked about, and not before when
  missed_at = false,        -- when its action was first not found
  has_second_look = false,  -- a second look for such an action was announced

  read_first = false,       -- makes it read its target before it sends (mde.client.writing)

  -- The callers' fields.
  caller = false,           -- the coroutine that waits (mde.call.coroutine); false: none
  ends_at = false,          -- the moment at which it is given up
  target = nil,             -- what a batch was given for it; the first of several
  targets = nil,            -- all of them
  record = nil,             -- the journal: see mde.record in mde.client.many
  schedule = false,         -- the notes of mde.call.scheduler, for as long as it has the call

  -- The fields of one kind, each described where its table is made.
  batch = nil,                -- mde.client.many
  cancel = nil,               -- mde.call.cancel
  download = nil,             -- mde.client.download
  following = nil,            -- mde.client.follow
  launch = nil,               -- mde.client.launch
  undo = nil,                 -- mde.client.undo
  wait = nil,                 -- mde.client.wait

  -- The outcome.
  done = false, value = nil, err = nil, verdict = nil,
  answer = nil,             -- to a request that is about no action (mde.client.changes)
}
Call.__index = Call

local call = {}

-- Makes a call for `operation`; `arguments` are those of continue_with below. `client` has quota,
-- token, clock, random, readback, service_clock, notify_wait (mde.client.notices),
-- to_service(encoded, header) and read(fields), which makes an entity.
-- `judge(call, now, response, err, action)` gets an answer, a final failure or, as `action`, what
-- a readback has read; it calls finish, continue_with, look_up or try_again. `kind`, if given, is
-- { name = fields } with fields that only one kind of call has.
-- -> call | nil, err (an argument is malformed)
function call.new(client, operation, arguments, judge, kind)
  local self = setmetatable({  -- with what most calls set, so that the table need not grow
    client = client, judge = judge, id = arguments.id, comment = arguments.comment,
    operation = false, encoded = false, attempt = 0, not_before = 0, refused = 0, slot = false,
    header = false, fetch = false, slot_wanted_at = false, in_flight = false, first_sent = false,
    reached = false, posted = false, post_response = nil, question = false, probes = false,
    was_answered = false, caller = false, target = nil, targets = nil, record = nil, batch = nil,
    schedule = false, cancel = nil, done = false, value = nil, err = nil, verdict = nil,
  }, Call)
  if kind then for name, fields in pairs(kind) do self[name] = fields end end
  local ok, err = self:continue_with(operation, arguments, -math.huge)
  if not ok then return nil, err end
  return self
end

-- A judge that parses answers with read(response, call) -> value | nil, err. A malformed answer to
-- a GET may have been cut, so the request is repeated. judge(call, now, response, value, err)
-- decides (default: the call ends with both). What a readback has read is the value.
function call.parsing(read, judge)
  return function(self, now, response, err, value)
    if not err and not value then
      value, err = read(response, self)
      local is_malformed = value == nil and self.encoded.method == "GET"
      if is_malformed and self:try_again(now, response) then return end
    end
    if judge then return judge(self, now, response, value, err) end
    self:finish(value, err)
  end
end

-- Parses the call's own action.
function call.parse_action(response, self)
  return answer.action(response, self.id)
end

-- Asks the client's readback to read the call's action, or the one with this id, not before
-- `moment`. The judge gets the action.
function Call:look_up(moment, id)
  self.asked_id = id or self.id
  self.asked_for, self.question = moment, self.client.readback:ask(self, moment)
end

-- Makes `operation` the next request, not before `moment`. Arguments with a path are encoded
-- already: { method, path, body, content_type }. So are those with a url, for another host than
-- the service's: { method, url, headers }. Such a request takes neither the token nor a slot of
-- the quota.
function Call:continue_with(operation, arguments, moment)
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

-- Adds to an error of the service what the token says. A proxy's 403 is not about the token.
local function explain_token(self, err)
  local claims = permissions.claims(self.header) or {}
  if err.code == "forbidden" and not err.sent then
    err.permissions = core.operation.rows[self.operation].permissions
    err.held, err.audience = permissions.of(claims), permissions.audience(claims)
  elseif err.code == "unauthorized" then
    local expired = type(claims.exp) == "number" and claims.exp or math.huge
    if expired <= self.client.service_clock.wall() then
      err.message = ("%s: the token expired at %s"):format((err.message:gsub("%.$", "")),
        date.text(expired))
    end
  end
end

-- Ends with a value, or with an error, which is completed; unless before_end continues the call.
function Call:finish(value, err, verdict)
  if self.before_end and self.before_end(self, value, err, verdict) then return end
  if err then
    err.operation = err.operation or self.operation
    err.id = err.id or self.id
    err.attempts = self.attempt > 1 and self.attempt or nil
    local is_about_token = err.code == "forbidden" or err.code == "unauthorized"
    if is_about_token and self.header and not self.encoded.url then explain_token(self, err) end
  end
  probe.leave(self)
  self.done, self.value, self.err, self.verdict = true, value, err, verdict
end

-- The verdict if the call stops here.
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

-- Ends a call that is not in flight. One that is may still read its outcome, if it need not wait
-- for that, but sends nothing with an effect any more. -> whether it has ended
function Call:withdraw()
  self.leaving = true
  if self.in_flight then return false end
  if self.question and self.reached and not self.accepted then
    self.question.moment, self.asked_for = -math.huge, false  -- read now
    return false
  end
  if not self.done then self:leave(self:standing()) end
  return true
end

-- Ends a call in flight without waiting for its answer.
function Call:abandon(now)
  if self.slot then self.client.quota:lost(self.slot, now) end
  self.in_flight, self.slot = false, false
  local only_reads = self.encoded and self.encoded.method == "GET"
  self:leave(only_reads and self:standing() or "unknown")
end

-- Takes back a request that was not sent after all.
function Call:take_back()
  if self.slot then self.client.quota:unused(self.slot) end
  self.in_flight, self.slot, self.attempt = false, false, self.attempt - 1
end

-- Ends a call that is not in flight with an error that others share.
function Call:fail(err)
  self:finish(nil, errors.copy(err), self:standing())
end

-- After an answer

-- Gives the slot back, with what is known about when the service counted it.
function Call:settle_slot(now, err)
  local quota, slot = self.client.quota, self.slot
  if not slot then return end
  if not err then quota:answered(slot, now)
  elseif err.sent == false then quota:unused(slot)
  else quota:lost(slot, now) end
  self.slot = false
end

-- Reports whether to wait for a service that answers 429: not without a limit.
function Call:is_patient(now)
  self.throttled_since = self.throttled_since or now
  return now - self.throttled_since <= 2 * retry.longest_pause
end

-- Handles a 429 or 401, which do not count as attempts. -> whether the answer was one to handle
function Call:is_handled(now, response)
  if response.status == 429 and self:is_patient(now) then
    probe.pause(self, now, now + (retry_after(response) or 60))
  elseif response.status == 401 and self.refused < MOST_REFUSED
         and self.client.token:refuse(self.header) then
    self.refused = self.refused + 1
    probe.try_token(self, now)
  else
    return false
  end
  self.attempt = self.attempt - 1
  return true
end

-- Sends the same request again after a pause, if any attempt is left. -> whether it will
function Call:try_again(now, response)
  if self.attempt >= retry.attempts or self.leaving then return false end
  local pause = response and retry_after(response)
  self.not_before = now + (pause or retry.delay(self.attempt, self.client.random))
  self.failing_since = self.failing_since or now
  self.client:notify_wait(self.operation, "service", self.failing_since, self.not_before, response
    and ("the service failed (HTTP %d to '%s')"):format(response.status, self.operation)
    or ("the service can't be reached for '%s'"):format(self.operation))
  return true
end

-- Reports whether the same request may be sent again: it was never sent, or it only reads and the failure
-- is transient.
function Call:may_repeat(response, err)
  if err.code == "tls" or err.code == "invalid_request" then return false end
  if not response and not err.sent then return true end
  return self.encoded.method == "GET" and (not response or retry.is_transient(response.status))
end

-- The error of a failed transfer or of an answer that is not 2xx | nil
local function error_of(self, response, failure)
  if failure then
    return errors.new { code = failure.code, message = failure.message,
                        sent = failure.sent ~= false }
  elseif response.status < 200 or response.status > 299 then
    return answer.error(response, answer.noun(self.encoded.path))
  end
end

function Call:receive(now, response, failure)
  local has_effect = self.encoded.method ~= "GET"
  self.in_flight = false
  if has_effect then self.posted, self.post_response = self.encoded, response end
  probe.note(self, now, response, failure)
  self:settle_slot(now, failure)
  if response and not self.encoded.url then
    self.client.service_clock.read(response, now)
    if self:is_handled(now, response) then return end
  end
  if self.throttled_since then self.throttled_since = false end
  if response and response.status < 500 then self.failing_since = false end
  if self.held and probe.receive(self, now, response) then return end
  local err = error_of(self, response, failure)
  if has_effect and (response or err.sent) then self.reached = true end
  if err and self:may_repeat(response, err) and self:try_again(now, response) then return end
  if err and response and retry.is_transient(response.status) then
    err.retry_after = retry_after(response)
  end
  self.judge(self, now, response, err)
  if self.probes and (self.question or self.encoded.method == "GET") then probe.leave(self) end
end

-- The next request

-- The header with the token. -> header | nil, what step returns
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

local function start(self, now, request)
  self.in_flight = true
  self.first_sent = self.first_sent or now
  self.attempt = self.attempt + 1
  return "start", request
end

-- Notifies the client of a long wait for a slot, until `moment` (nil: unknown).
function Call:note_wait(now, moment)
  self.slot_wanted_at = self.slot_wanted_at or now
  local paused = self.client.quota:bucket(self.operation).paused
  if paused > now then
    probe.notify_pause(self, now, paused)
  elseif moment then
    self.client:notify_wait(self.operation, "quota", self.slot_wanted_at, moment,
      ("the quota of '%s' is used up"):format(self.operation))
  end
end

-- Waits until `moment` (nil: for another call) before sending, or ends if it is leaving.
local function wait(self, moment)
  if not self.leaving then return "wait", moment end
  self:leave(self:standing())
  return "done"
end

function Call:send(now)
  if self.leaving and self.encoded.method ~= "GET" and self:withdraw() then return "done" end
  if self.encoded.url then return start(self, now, self.client:to_other(self.encoded)) end
  local is_admitted, asked_again = probe.admit(self, now)
  if not is_admitted then return wait(self, asked_again) end
  local header, otherwise = self:authorize(now)
  if not header then return otherwise end
  local slot, moment = self.client.quota:take(self.operation, now)
  if not slot then
    self:note_wait(now, moment)
    return wait(self, moment)
  end
  self.slot, self.header, self.fetch, self.slot_wanted_at = slot, header, false, false
  return start(self, now, self.client:to_service(self.encoded, header))
end

-- The error for an action that a list lacks.
local function missing(response)
  return errors.new { code = "not_found", status = response.status,
                      message = "the service knows no such action" }
end

-- Takes the result of the readback, if it has come. If there is none, the call reads the action
-- itself.
function Call:take_readback(now)
  local question = self.question
  if not question.done then return end
  self.question = false
  if question.action then return self.judge(self, now, question.response, nil, question.action) end
  self:continue_with("get", { id = self.asked_id }, now)
  local response = question.is_missing and question.response
  if response then self.judge(self, now, response, missing(response)) end
end

function Call:step(now, response, err)
  if response or err then self:receive(now, response, err) end
  if self.question and not self.done then self:take_readback(now) end
  if self.done then return "done" end
  if self.question or self.in_flight then return "wait" end
  if now < self.not_before then return "wait", self.not_before end
  return self:send(now)
end

return call
