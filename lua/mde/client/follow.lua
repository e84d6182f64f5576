-- Reads a launched action until it is final, or until `wait` seconds are over.

local answer = require "mde.service.response"
local calls = require "mde.call.call"
local judge = require "mde.call.cancel"
local kinds = require "mde.service.kinds"
local retry = require "mde.base.retry"

local follow = {}

-- The fields of calls that follow an action. `verdicts`: succeeded, open and failed, and maybe
-- error(action), the error that comes with failed.
function follow.fields(wait, verdicts)
  return {
    wait = wait or 0,     -- seconds
    verdicts = verdicts,
    id = nil,             -- of the action; nil: not launched yet
    began = nil,          -- when it was launched, or first read
    looks = 0,            -- counts its reads
  }
end

-- Makes the call read this action from now on.
function follow.start(call, now, id)
  local own = call.following
  own.id, own.began, own.looks = id, now, 0
  call.accepted_as = own.verdicts.open
end

-- Reads the action again, if there is time; after a failed read not before its pause. -> whether
-- there is
local function look_again(call, now, err)
  local own = call.following
  local deadline = own.began + own.wait
  local first = now + retry.least(err)
  if first > deadline or now >= deadline or call.leaving then return false end
  own.looks = own.looks + 1
  local moment = now + retry.delay(own.looks + 2, call.client.random)
  call:look_up(math.max(first, math.min(judge.together(call, moment), deadline)), own.id)
  return true
end

-- The action was launched, or read.
function follow.read(call, now, action)
  local verdicts = call.following.verdicts
  call.accepted = action
  if not kinds.final[action.status] then
    if look_again(call, now) then return end
    return call:finish(call.client.read(action), nil, verdicts.open)
  end
  if action.status == "Succeeded" then
    return call:finish(call.client.read(action), nil, verdicts.succeeded)
  end
  call:finish(call.client.read(action), verdicts.error and verdicts.error(action), verdicts.failed)
end

-- Judges the answers of a call that follows: see mde.call.call. A new action may not be found yet.
follow.judge = calls.parsing(function(response, call)
  return answer.action(response, call.following.id)
end, function(call, now, _, action, err)
  if action then return follow.read(call, now, action) end
  if look_again(call, now, err) then return end
  call:finish(call.accepted and call.client.read(call.accepted) or nil, nil,
    call.following.verdicts.open)
end)

return follow
