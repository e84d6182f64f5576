-- Sends calls with an effect through an operation's breaker (mde.call.breaker, mde.call.quota).
--
-- While the breaker is open, one call at a time is a probe. It reads before its request is sent: a
-- cancel its action, a launch whose answer was lost the actions on its machine, others the newest
-- action. If the read is not answered, the probe has failed, and nothing was sent.

local odata = require "mde.service.odata"

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

-- Reports whether the call's request may be sent now; of a probe this has become the read.
-- -> true | false, moment: ask again then
function probe.admit(call, now)
  local quota, operation = call.client.quota, call.operation
  if call.encoded.method == "GET" or call.probes == operation then return true end
  probe.leave(call)
  local state, moment = quota:admit(operation, item_of(call), now, not call.has_probed)
  if state == true then return true end
  if not state then
    local breaker = quota:bucket(operation).breaker
    call.client:notify_wait(operation, "service", breaker.open_since, breaker.probe_at,
      ("the service fails for '%s'"):format(operation), "trying again in")
    return false, moment
  end
  call.probes, call.has_probed = operation, true
  call.held = { encoded = call.encoded, attempt = call.attempt, refused = call.refused }
  call.held.is_judged = read(call, now)
  return true
end

-- Takes the answer to a probe's read. -> whether the call's judge does not get it
function probe.receive(call, now, response)
  local held, operation = call.held, call.probes
  local works = response and response.status < 500
  call.held = false
  if works and held.is_judged and response.status < 300 then return false end
  call.operation, call.encoded, call.not_before = operation, held.encoded, now
  call.attempt, call.refused = held.attempt, held.refused
  if not works then
    call.probes = false
    call.client.quota:failed(operation, item_of(call), now)
  end
  return true
end

-- Notes whether the service works, after the answer to a request with an effect or the failure to
-- get one.
function probe.note(call, now, response, err)
  local quota, status = call.client.quota, response and response.status
  if status and SILENT[status] or err and err.code == "invalid_request" then return end
  call.probes = false
  if not status or status >= 500 then
    return quota:failed(call.operation, item_of(call), now)
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
