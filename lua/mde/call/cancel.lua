-- What answers mean for the intent behind a call: a judge for each intent.
--
--   judge.X(call, now, response, err)
--
-- is asked by mde.call.call after an answer, or a failure that is not simply tried
-- again, and says how the call ends or goes on. `err` is set for every answer
-- that is not 2xx.

local answer = require "mde.service.response"
local date = require "mde.base.date"
local kinds = require "mde.service.kinds"
local retry = require "mde.base.retry"
local verdict = require "mde.service.verdicts"

local judge = {}

-- {{ Reading. A cut answer can look like a whole one to libcurl: what can't be
-- understood is asked for again.

local TOGETHER = 5  -- seconds: calls that wait look at multiples of this, many by one list
local APART = 10    -- seconds between two looks that both find nothing
local UNSEEN = 60   -- seconds for which an action that was just launched may not be found

-- The moment, or one a little later at which others look too.
function judge.together(call, moment)
  return #call.client.tasks > 1 and math.ceil(moment / TOGETHER) * TOGETHER or moment
end

-- Tells, once, that an action is not believed to be unknown yet.
local function doubt(call, seconds)
  if call.is_doubted then return end
  call.is_doubted = true
  call.client:notify { code = "not_found", id = call.id, seconds = seconds,
    message = ("%s: not found; checking again in %.0f s"):format(call.id, seconds) }
end

-- An action was not found. Reading lags behind launching, so that is believed only after a
-- second look. -> whether there is one to come
function judge.looks_again(call, now)
  if call.leaving then return false end
  call.missed_at = call.missed_at or now
  local second, launched_at = call.missed_at + APART, call.client.launched_at[call.id]
  local last = math.max(second, launched_at and launched_at + UNSEEN or 0)
  if (call.asked_for or 0) >= last then return false end
  local moment = judge.together(call, math.max(second, math.min(now + APART, last)))
  call:look_up(moment)
  doubt(call, moment - now)
  return true
end

function judge.action(call, now, response, err, action)
  local problem
  if not err and not action then action, problem = answer.action(response, call.id) end
  if problem and call:try_again(now, response) then return end
  if err and err.code == "not_found" and judge.looks_again(call, now) then return end
  call:finish(action and call.client.read(action), err or problem)
end

function judge.page(call, now, response, err)
  local list, problem
  if not err then list, problem = answer.actions(response) end
  if problem and call:try_again(now, response) then return end
  call:finish(list, err or problem)
end

-- }}

-- {{ Cancelling. The status code of the answer does not decide: what the
-- service answers for an action that is final already is not documented (400,
-- 404, and 200 with the action unchanged have been seen), and a lost answer says
-- nothing. What leaves it open is settled by reading the action: once for an action that
-- was accepted, or until call.wait seconds are over.

-- Many answers are of the same second.
local last_text, last_moment
local function moment_of(text)
  if text ~= last_text then last_text, last_moment = text, date.http(text) end
  return last_moment
end

-- When the first attempt went out, on the service's clock as this answer tells
-- it; a second is what such a date leaves off.
function judge.since(call, now, response)
  local stamp = response.headers.date and moment_of(response.headers.date)
  return stamp and stamp - (now - call.first_sent) - 1
end

local function pause(call, count)
  return retry.delay(count, call.client.random)
end

-- Ends with the verdict on an action, if it is final.
local function settle(call, now, response, action)
  local found = verdict.of(action, call.comment, judge.since(call, now, response),
    call.was_refused)
  if found then call:finish(call.client.read(action), nil, found) end
  return found ~= nil
end

-- The cancel was answered, or not: the action was taken, the answer is `err`, or
-- both are to be seen from what it says.
local function posted(call, now, response, err)
  call.posts = (call.posts or 0) + 1
  local action
  if not err then
    call.was_refused = false
    action, err = answer.action(response, call.id)
    if action and settle(call, now, response, action) then return end
    call.accepted, call.accepted_at = action, action and now
  elseif err.code == "forbidden" then
    return call:finish(nil, err, "forbidden")
  elseif err.code == "unauthorized" or err.code == "too_many_requests" then
    return call:finish(nil, err, call.posts > 1 and "unknown" or "error")
  elseif err.sent == false then
    return call:finish(nil, err, call:standing())
  end
  local refused = err ~= nil and (err.code == "bad_request" or err.code == "not_found")
  call.was_refused = refused and (call.posts == 1 and not call.was_sent or call.was_refused)
  call.posted_err = err
  if err and err.code == "not_found" then call.missed_at = call.missed_at or now end
  if call.accepted then return call:look_up(now + pause(call, 2)) end
  return call:look_up(refused and now or now + pause(call, call.posts))
end

-- The action can't be read.
local function unread(call, now, err)
  local first = call.posted_err
  if call.accepted then
    call:finish(call.client.read(call.accepted), nil, "accepted")
  elseif err.code == "not_found" then
    if judge.looks_again(call, now) then return end
    call:finish(nil, err, "not_found")
  elseif first.code == "bad_request" then
    call:finish(nil, first, "error")
  elseif first.code == "not_found" and (call.posts > 1 or call.leaving) then
    call:finish(nil, first, "not_found")
  elseif first.code == "not_found" then  -- it can't be read: the second look is a cancel
    local moment = call.missed_at + APART
    call:go_on_with("cancel", { id = call.id, comment = call.comment }, moment)
    doubt(call, moment - now)
  else
    call:finish(nil, err, call:standing())
  end
end

-- The action was accepted, and is not final yet.
local function still_accepted(call, now, action)
  local deadline = call.accepted_at + (call.wait or 0)
  if now >= deadline or call.leaving then
    return call:finish(call.client.read(action), nil, "accepted")
  end
  call.looks = (call.looks or 2) + 1
  call:look_up(math.min(judge.together(call, now + pause(call, call.looks)), deadline))
end

-- The action was read, and is not final.
local function still_open(call, now, action)
  if not call.accepted and action.cancellationDateTimeUtc then  -- somebody's cancel was taken
    call.accepted, call.accepted_at = action, now
  end
  if call.accepted then return still_accepted(call, now, action) end
  local code = call.posted_err.code
  if code == "bad_request" or call.posts >= retry.attempts then
    return call:finish(nil, call.posted_err, "error")
  end
  local moment = code == "not_found" and now + pause(call, call.posts) or now
  call:go_on_with("cancel", { id = call.id, comment = call.comment }, moment)
end

-- Ends a call whose action is no longer as a plan saw it, before anything is sent for it.
-- -> whether it is
function judge.has_changed(call, action)
  local expected = call.expected
  if not expected or (call.posts or 0) > 0 then return false end
  call.expected = nil
  local is_cancelled = action.cancellationDateTimeUtc and not kinds.final[expected]
  if action.status == expected and not is_cancelled then return false end
  call:finish(call.client.read(action), nil, "changed")
  return true
end

-- `action`, if given, is what the verification read.
function judge.cancel(call, now, response, err, action)
  if not action and call.operation == "cancel" then return posted(call, now, response, err) end
  local problem
  if not err and not action then action, problem = answer.action(response, call.id) end
  if problem and call:try_again(now, response) then return end
  if not action then return unread(call, now, err or problem) end
  if judge.has_changed(call, action) then return end
  if not settle(call, now, response, action) then still_open(call, now, action) end
end

-- }}

return judge
