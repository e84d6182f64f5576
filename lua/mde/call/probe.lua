-- Sends calls with an effect through an operation's breaker (mde.call.breaker, mde.call.quota).
--
-- While the breaker is open, one call at a time is a probe. It reads before its request is sent: a
-- cancel its action, a launch whose answer was lost the actions on its machine, others the newest
-- action. If the read is not answered, the probe has failed, and nothing was sent. After HTTP 429
-- a probe does not read first. Reads are held back after HTTP 429 only.

local odata = require "mde.service.odata"
local retry_after = require "mde.service.retry_after"

local probe = {}

local SILENT = { [401] = true, [429] = true }  -- answers that do not tell whether the service works

-- The text by which the breaker counts a call.
local function item_of(call)
  return call.id or (tostring(call):gsub("%s", ""))
end

-- Makes the call read first. -> whether its judge decides about the answer
local function read(call, now)
  local own = call.launch or call.cancel
  local read_first = own and own.read_first
  if call.launch and not own.err then read_first = nil end  -- it was never sent
  if read_first then
    read_first(call, now)
  else
    call:continue_with("list", { query = odata.query { { "$top", 1 } } }, now)
  end
  return read_first ~= nil
end

-- Notifies the client that the breaker holds the call back.
local function notify(call, now)
  local client, operation = call.client, call.operation
  local breaker = client.quota:bucket(operation).breaker
  local tried_until = breaker:tried_until(now)
  if tried_until then
    return client:notify_wait(operation, breaker.is_throttled and "too_many_requests" or "service",
      now, tried_until, ("another request tries '%s' first"):format(operation),
      "continuing in at most")
  end
  if breaker.is_throttled then return probe.notify_pause(call, now, breaker.probe_at) end
  client:notify_wait(operation, "service", breaker.open_since, breaker.probe_at,
    ("the service fails for '%s'"):format(operation), "trying again in")
end

-- Makes the call send its own request next, instead of a probe's read.
local function restore(call, now)
  local held = call.held
  call.operation, call.encoded, call.not_before = call.probes, held.encoded, now
  call.attempt, call.refused, call.held = held.attempt, held.refused, false
end

-- Reports whether the call still is the probe. If it waited too long for a slot, another one may be:
-- then it waits again.
local function is_current(call, now)
  local quota = call.client.quota
  local breaker = quota:bucket(call.probes).breaker
  if not breaker.open_since or breaker:is_probe(item_of(call), quota.shared.holder) then
    return true
  end
  if call.held then restore(call, now) end
  call.probes = false
  return false
end

-- Reports whether a probe that tries the next token must read first: the service began to fail since.
local function must_read(call)
  local breaker = call.client.quota:bucket(call.operation).breaker
  return call.encoded.method ~= "GET" and not call.has_probed and breaker:is_failing()
end

-- Reports whether the call's request may be sent now; of a probe this has become the read.
-- -> true | false, moment: ask again then
function probe.admit(call, now)
  local is_probe = call.probes and (call.probes == call.operation or call.encoded.method == "GET")
  local quota = call.client.quota
  if is_probe and is_current(call, now) and not must_read(call) then
    quota:renew_probe(call.probes, item_of(call), now)
    return true
  end
  local operation, is_read = call.operation, call.encoded.method == "GET"
  probe.leave(call)
  local state, moment = quota:admit(operation, item_of(call), now, not call.has_probed)
  if state == true then return true end
  if not state then
    notify(call, now)
    return false, moment
  end
  call.probes, call.has_probed = operation, call.has_probed or not is_read
  if is_read or quota:bucket(operation).breaker.is_throttled then return true end
  call.held = { encoded = call.encoded, attempt = call.attempt, refused = call.refused }
  call.held.is_judged = read(call, now)
  return true
end

-- Takes the answer to a probe's read. -> whether the call's judge does not get it
function probe.receive(call, now, response)
  local held, operation = call.held, call.probes
  local works = response and response.status < 500
  if works and held.is_judged and response.status < 300 then
    call.held = false
    return false
  end
  restore(call, now)
  if not works then
    call.probes = false
    call.client.quota:failed(operation, item_of(call), now, true,
      response and retry_after(response))
  end
  return true
end

-- Notifies the client of a wait until `moment` that the service asks for.
function probe.notify_pause(call, now, moment)
  call.client:notify_wait(call.operation, "too_many_requests", now, moment,
    ("the service asks to wait (HTTP 429 to '%s')"):format(call.operation))
end

-- Holds the operation back until `moment`, after HTTP 429.
function probe.pause(call, now, moment)
  call.client.quota:throttled(call.operation, item_of(call), now, moment)
  if call.probes == call.operation then call.probes = false end
  probe.notify_pause(call, now, moment)
end

-- Lets no other call of the operation try the next token, after HTTP 401.
function probe.try_token(call, now)
  local quota = call.client.quota
  local breaker = quota:bucket(call.operation).breaker
  if not call.probes and breaker:refused(item_of(call), now, quota.shared.holder) then
    call.probes = call.operation
  end
end

-- Notes the answer to a read.
local function note_read(call, now, response)
  local quota, operation = call.client.quota, call.operation
  if call.encoded.url then return end
  quota:note_answer(response and response.status < 500, now)
  if response and response.status ~= 429 and quota:bucket(operation).breaker.open_since then
    quota:worked(operation, now)
    if call.probes == operation then call.probes = false end
  end
end

-- Notes whether the service works, after the answer to a request or the failure to get one.
function probe.note(call, now, response, err)
  if call.encoded.method == "GET" then return note_read(call, now, response) end
  local quota, status = call.client.quota, response and response.status
  if status and SILENT[status] or err and err.code == "invalid_request" then return end
  call.probes = false
  quota:note_answer(status and status < 500, now)
  if not status or status >= 500 then
    return quota:failed(call.operation, item_of(call), now, false,
      response and retry_after(response))
  end
  call.was_answered = call.was_answered or status ~= 403
  quota:worked(call.operation, now)
end

-- Lets another call be the probe, if this one does not send its request after all.
function probe.leave(call)
  if not call.probes then return end
  call.client.quota:unprobed(call.probes, item_of(call))
  call.held, call.probes = false, false
end

return probe
