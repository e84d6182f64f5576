-- Judges the answers of calls that cancel an action, and of calls that only read.
--
-- A judge is called by mde.call.call after an answer, or after a failure that is not simply tried
-- again: `judge(call, now, response, err, action)`. It decides how the call ends or continues.
-- `err` is set for every answer that is not 2xx; `action` is given if the readback has read it.

local answer = require "mde.service.response"
local calls = require "mde.call.call"
local date = require "mde.base.date"
local errors = require "mde.base.errors"
local kinds = require "mde.service.kinds"
local retry = require "mde.base.retry"
local verdict = require "mde.service.verdicts"

local judge = {}

-- Reading. A truncated answer can look complete to libcurl, so an answer that cannot be parsed
-- is requested again.

local TOGETHER = 5  -- seconds: calls look at multiples of this, so that one list serves many
local APART = 10    -- seconds between two looks that must both find nothing
local UNSEEN = 60   -- seconds for which a launch or a cancel may not be seen

-- `moment`, or the next one at which other calls look too.
function judge.together(call, moment)
  return call.client.scheduler.tasks[2] and math.ceil(moment / TOGETHER) * TOGETHER or moment
end

-- Notifies once that a missing action is looked for again.
local function note_second_look(call, seconds)
  if call.has_second_look then return end
  call.has_second_look = true
  call.client:notify { code = "not_found", id = call.id, seconds = seconds,
    message = ("%s: not found; checking again in %.0f s"):format(call.id, seconds) }
end

-- Looks again for an action that was not found: reading lags behind launching. -> false if it was
-- looked for long enough
function judge.looks_again(call, now)
  if call.leaving then return false end
  call.missed_at = call.missed_at or now
  local second, launched_at = call.missed_at + APART, call.client.launched_at[call.id]
  local last = math.max(second, launched_at and launched_at + UNSEEN or 0)
  if (call.asked_for or 0) >= last then return false end
  local moment = judge.together(call, math.max(second, math.min(now + APART, last)))
  call:look_up(moment)
  note_second_look(call, moment - now)
  return true
end

-- Reads one action.
judge.action = calls.parsing(calls.parse_action, function(call, now, _, action, err)
  if err and err.code == "not_found" and judge.looks_again(call, now) then return end
  call:finish(action and call.client.read(action), err)
end)

-- Reads a page of a list.
judge.page = calls.parsing(answer.actions)

-- Cancelling. The status code of the answer does not decide: for an action that is final
-- already the service has answered 400, 404, and 200 with the action unchanged, which is not
-- documented; and a lost answer proves nothing. In these cases the action is read: once if the
-- cancel was accepted, or until `wait` seconds are over.

local UNANSWERED = { code = "lost", message = "the service did not answer", sent = false }

-- Reads the action before the cancel is sent.
local function read_first(call, now)
  local own = call.cancel
  own.post_err = own.post_err or errors.copy(UNANSWERED)
  if own.posts == 0 and not own.was_sent then own.was_refused = true end
  call:continue_with("get", { id = call.id }, now)
end

-- The fields of calls that cancel, with their first values.
local CancelFields = {
  wait = 0,             -- seconds to wait for the end of an accepted action
  posts = 0,            -- how often the cancel was sent and its answer came or was lost
  post_err = nil,       -- the error of the last one
  was_refused = nil,    -- all of them were refused
  was_sent = false,     -- it may have been sent before this call
  in_doubt_at = nil,    -- when a request that may have worked ended, or was sent before this call
  expected = nil,       -- the status that the action must have until it is sent
  accepted_at = nil,    -- when call.accepted was first read
  read_first = read_first,
  looks = 2,            -- counts the reads of an accepted action
  again_at = nil,       -- before when it was not sent again
}
CancelFields.__index = CancelFields

function judge.cancel_fields(wait)
  return setmetatable({ wait = wait or 0, posts = 0 }, CancelFields)
end

-- When the first attempt was sent, on the service's clock, derived from the Date of this answer
-- (nil: it has none), which is cut to whole seconds.
function judge.since(call, now, response)
  local stamp = response.headers.date and date.http(response.headers.date)
  return stamp and stamp - (now - call.first_sent) - 1
end

local function pause(call, count)
  return retry.delay(count, call.client.random)
end

-- Ends with the verdict on an action, if it is final. -> whether it is
local function settle(call, now, response, action)
  local found = verdict.of(action, call.comment, judge.since(call, now, response),
    call.cancel.was_refused)
  if found then call:finish(call.client.read(action), nil, found) end
  return found ~= nil
end

-- Reports whether an earlier request may have worked although a read since then, which may lag, showed
-- nothing of it.
local function is_in_doubt(call, now)
  return (call.cancel.in_doubt_at or -math.huge) > now - UNSEEN
end

-- Ends with an error after which reading the action would not help. -> whether it does
local function is_final_error(call, now, err)
  if err.code == "forbidden" and not err.sent then
    call:finish(nil, err, is_in_doubt(call, now) and "unknown" or "forbidden")
  elseif err.code == "unauthorized" or err.code == "too_many_requests" then
    call:finish(nil, err, call.cancel.posts > 1 and "unknown" or "error")
  elseif err.sent == false then
    call:finish(nil, err, call:standing())
  else
    return false
  end
  return true
end

-- The cancel was answered, or its answer was lost.
local function posted(call, now, response, err)
  local own = call.cancel
  local action
  own.posts, own.expected = own.posts + 1, nil
  if err then
    if is_final_error(call, now, err) then return end
  else
    own.was_refused = false
    action, err = answer.action(response, call.id)
    if action and settle(call, now, response, action) then return end
    call.accepted, own.accepted_at = action, action and now
  end
  local refused = err ~= nil and (err.code == "bad_request" or err.code == "not_found")
  own.was_refused = refused and (own.posts == 1 and not own.was_sent or own.was_refused)
  own.post_err = err
  if not refused then own.in_doubt_at = now end
  if err and err.code == "not_found" then call.missed_at = call.missed_at or now end
  if call.accepted then return call:look_up(now + pause(call, 2)) end
  return call:look_up(refused and now or now + pause(call, own.posts))
end

local function cancel_again(call, moment)
  call.cancel.again_at = moment
  call:continue_with("cancel", { id = call.id, comment = call.comment }, moment)
end

-- The verdict on a cancel whose last answer was an error.
local function verdict_of(own, err)
  return err.code == "bad_request" and own.was_refused and "refused" or "error"
end

-- The action is not found. After one look that is not certain, so a call that is stopped before the
-- second look stays open. `last`: when the last look that was answered was due; its answer may come
-- late.
local function end_missing(call, err, last)
  local is_certain = call.missed_at and last >= call.missed_at + APART
  call:finish(nil, err, is_certain and "not_found" or call:standing())
end

-- The action cannot be read.
local function unread(call, now, err)
  local own = call.cancel
  local first = own.post_err
  if call.accepted then
    call:finish(call.client.read(call.accepted), nil, "accepted")
  elseif err.code == "not_found" then
    if judge.looks_again(call, now) then return end
    end_missing(call, err, math.max(call.asked_for or 0, own.again_at or 0))
  elseif first.code == "bad_request" then
    call:finish(nil, first, verdict_of(own, first))
  elseif first.code == "not_found" and err.code == "forbidden" and not err.sent then
    if own.posts > 1 or call.leaving then return end_missing(call, first, own.again_at or 0) end
    local moment = math.max(now, call.missed_at + APART)  -- the second look is another cancel
    cancel_again(call, moment)
    note_second_look(call, moment - now)
  else
    call:finish(nil, err, call:standing())
  end
end

-- The cancel was accepted, and the action is not final yet.
local function still_accepted(call, now, action)
  local own = call.cancel
  local deadline = own.accepted_at + own.wait
  if now >= deadline or call.leaving then
    return call:finish(call.client.read(action), nil, "accepted")
  end
  own.looks = own.looks + 1
  call:look_up(math.min(judge.together(call, now + pause(call, own.looks)), deadline))
end

-- The action was read, and is not final.
local function still_open(call, now, action)
  local own = call.cancel
  if not call.accepted and action.cancellationDateTimeUtc then  -- another cancel was accepted
    call.accepted, own.accepted_at = action, now
  end
  if call.accepted then return still_accepted(call, now, action) end
  local code = own.post_err.code
  if code == "bad_request" or own.posts >= retry.attempts then
    return call:finish(nil, own.post_err, verdict_of(own, own.post_err))
  end
  cancel_again(call, code == "not_found" and now + pause(call, own.posts) or now)
end

-- Ends a call with `changed` if its action is not as the plan expects, before anything is sent for
-- it. -> whether it has
function judge.has_changed(call, action)
  local own = call.cancel
  local expected = own and own.expected
  if not expected then return false end
  local is_cancelled = action.cancellationDateTimeUtc and not kinds.final[expected]
  if action.status == expected and not is_cancelled then return false end
  call:finish(call.client.read(action), nil, "changed")
  return true
end

local judge_action = calls.parsing(calls.parse_action, function(call, now, response, action, err)
  if not action then return unread(call, now, err) end
  if judge.has_changed(call, action) then return end
  if not settle(call, now, response, action) then still_open(call, now, action) end
end)

-- Cancels an action.
function judge.cancel(call, now, response, err, action)
  if not action and call.operation == "cancel" then return posted(call, now, response, err) end
  judge_action(call, now, response, err, action)
end

return judge
