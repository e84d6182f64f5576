-- Undoing an action: what is not final is cancelled; of what Succeeded the inverse is
-- launched, if it has one. Source: the pages of the operations, which name each other. What
-- was InProgress when it was cancelled may have had its effect: its inverse is launched too,
-- once it is Cancelled, since two that cross leave a machine isolated.
--
-- The action is read first, and just before a launch what was done on its machine since: who
-- has isolated a machine anew wants it isolated, and it is left alone. A launch is not sent
-- twice unseen (see mde.client.launch).

local answer = require "mde.service.response"
local calls = require "mde.call.call"
local date = require "mde.base.date"
local errors = require "mde.base.errors"
local judge = require "mde.call.cancel"
local kinds = require "mde.service.kinds"
local launch = require "mde.client.launch"
local odata = require "mde.service.odata"
local retry = require "mde.base.retry"

local undo = { methods = {} }

local NEWEST = 50  -- actions that are read of the machine

-- Reads the newest actions of the same type on its machine, to undo the action after that.
-- -> whether anything undoes it
local function reverse(call, now, action)
  local kind = kinds.of[action.type]
  if not (kind and kind.inverse and action.machineId) then return false end
  call.releases, call.reversed = false, action
  call:go_on_with("list", { query = odata.query {
    { "$filter", odata.all { odata.is("type", action.type),
                             odata.is("machineId", action.machineId) } },
    { "$orderby", "creationDateTimeUtc desc" }, { "$top", NEWEST },
  } }, now)
  return true
end

-- Whether one of the list, the newest first, is newer than the action and had its effect, or
-- may have it yet. A list that was cut before the action does not tell: then it may be so.
local function is_done_anew(list, action)
  for _, other in ipairs(list) do
    if other.id:lower() == action.id:lower() then return false end
    if other.status == "Succeeded" or not kinds.final[other.status] then return true end
  end
  return #list >= NEWEST or list.has_more ~= nil
end

-- The machine's actions were read: launches what undoes the action.
local function compared(call, now, response, err)
  local list, problem
  if not err then list, problem = answer.actions(response) end
  if problem and call:try_again(now, response) then return end
  if not list then return call:finish(nil, err or problem, call:standing()) end
  local action = call.reversed
  call.reversed = false
  if is_done_anew(list, action) then
    return call:finish(call.client.read(action), nil, "changed")
  end
  local inverse = kinds.of[kinds.of[action.type].inverse]
  launch.start(call, inverse.operation, {
    machine = action.machineId, comment = call.comment,
    type = inverse.scopes and inverse.scopes[1],
  }, now, call.was_sent, date.parse(action.creationDateTimeUtc))
end

-- {{ The action that undoes it, here called the release: it is read until it is final, or until
-- call.wait seconds are over.

-- Has it been read once more, if there is time. -> whether it is
local function look_again(call, now)
  local deadline = call.release_at + (call.wait or 0)
  if now >= deadline or call.leaving then return false end
  call.looks = call.looks + 1
  local moment = now + retry.delay(call.looks + 2, call.client.random)
  call:look_up(math.min(judge.together(call, moment), deadline), call.release.id)
  return true
end

local function not_undone(action)
  return errors.new { code = "not_undone",
    message = ("%s %s ended %s: the machine may be as it was; a resume launches another")
      :format(action.type, action.id, action.status) }
end

-- It was launched, or read.
local function released(call, now, action)
  call.release, call.accepted = action, action
  if kinds.final[action.status] then
    local read = call.client.read(action)
    if action.status == "Succeeded" then return call:finish(read, nil, "undone") end
    return call:finish(read, not_undone(action), "error")
  end
  if look_again(call, now) then return end
  call:finish(call.client.read(action), nil, "undo_accepted")
end

-- What the client's verification or the call itself has read. New actions may not be found.
local function on_release(call, now, response, err, action)
  local problem
  if not err and not action then action, problem = answer.action(response, call.release.id) end
  if problem and call:try_again(now, response) then return end
  if action then return released(call, now, action) end
  if look_again(call, now) then return end
  call:finish(call.accepted and call.client.read(call.accepted) or nil, nil, "undo_accepted")
end

-- Makes the release the thing that the call reads.
local function follow(call, now, id)
  call.release, call.launched_id, call.release_at, call.looks = { id = id }, id, now, 0
  call.accepted_as = "undo_accepted"
end

-- }}

local CANCELLED = { cancelled = true, already_cancelled = true }

-- The verdict on a launch that has given no action.
local function verdict_of(err)
  if err.code == "forbidden" then return "forbidden" end
  return err.sent and "unknown" or "error"
end

-- What comes after a cancel, and after a launch, which has no verdict yet. -> whether the call
-- goes on
local function go_on(call, action, err, verdict)
  local now = call.client.clock.monotonic()
  if CANCELLED[verdict] and call.releases then return reverse(call, now, action) end
  if verdict then return false end
  if action then
    follow(call, now, action.id:lower())
    released(call, now, action)
  else
    call:finish(nil, err, verdict_of(err))
  end
  return true
end

local function on_answer(call, now, response, err, action)
  if call.release then return on_release(call, now, response, err, action) end
  if call.reversed then return compared(call, now, response, err) end
  if call.launch then return launch.judge(call, now, response, err) end
  if call.operation ~= "get" or err then
    if not action then return judge.cancel(call, now, response, err) end
  end
  local problem
  if not action then action, problem = answer.action(response, call.id) end
  if problem and call:try_again(now, response) then return end
  if not action then return judge.cancel(call, now, response, problem) end
  if judge.has_changed(call, action) then return end
  if not kinds.final[action.status] or (call.posts or 0) > 0 then
    return judge.cancel(call, now, response, nil, action)
  end
  if action.status == "Succeeded" then
    if reverse(call, now, action) then return end
    return call:finish(call.client.read(action), nil, "skipped")
  end
  call:finish(call.client.read(action), nil,
    action.status == "Cancelled" and "already_cancelled" or "already_final")
end

-- A call that reads a release which was launched before.
local function reading(client, target, comment)
  local call, err = calls.new(client, "get", { id = target.launched }, on_answer)
  if not call then return nil, err end
  call.id, call.comment = target.id:lower(), comment
  local now = client.clock.monotonic()
  follow(call, now, target.launched)
  call:look_up(now, target.launched)
  return call
end

-- A call that undoes an action; `target` as client:cancelling takes it, whose `expected`
-- tells whether it was InProgress. One that has `launched` was undone before by the action with
-- this id, which is read; if that ended without effect (its verdict is "error"), another is
-- launched. -> call | nil, err
function undo.methods:undoing(target, comment, wait)
  local call, err
  local has_failed = target.launched and target.verdict == "error"
  if target.launched and target.verdict and not has_failed then
    call, err = reading(self, target, comment)
  else
    call, err = self:cancelling(target, comment, wait)
  end
  if not call then return nil, err end
  call.judge, call.go_on, call.wait = on_answer, go_on, wait
  call.releases = target.expected == "InProgress"
  if has_failed then call.was_sent = false end
  return call
end

return undo
