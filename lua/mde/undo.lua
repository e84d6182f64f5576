-- Undoing an action: what is not final is cancelled; of what Succeeded the inverse is
-- launched, if it has one. Source: the pages of the operations, which name each other. What
-- was InProgress when it was cancelled may have had its effect: its inverse is launched too,
-- once it is Cancelled, since two that cross leave a machine isolated.
--
-- The action is read first. A launch is not sent twice unseen (see mde.launch).

local answer = require "mde.answer"
local entity = require "mde.entity"
local judge = require "mde.judge"
local launch = require "mde.launch"

local undo = { methods = {} }

-- Type of an action -> the operation that undoes it.
undo.inverse = {
  Isolate = "unisolate", Unisolate = "isolate",
  RestrictCodeExecution = "unrestrict", UnrestrictCodeExecution = "restrict",
}

-- The verdict that an outcome of the launch is.
local function verdict_of(action, err)
  if action then return action.status == "Succeeded" and "undone" or "undo_accepted" end
  if err.code == "forbidden" then return "forbidden" end
  return err.sent and "unknown" or "error"
end

-- Launches what undoes the action. -> whether anything does
local function reverse(call, now, action)
  local operation = undo.inverse[action.type]
  if not operation or not action.machineId then return false end
  call.releases = false
  launch.start(call, operation, {
    machine = action.machineId, comment = call.comment,
    type = operation == "isolate" and "Full" or nil,
  }, now, call.was_sent)
  return true
end

local CANCELLED = { cancelled = true, already_cancelled = true }

-- A call's own `finish`: after a cancel there may be more to do, and a launch has no verdict
-- yet.
local function finish(call, value, err, verdict)
  if CANCELLED[verdict] and call.releases
     and reverse(call, call.client.clock.monotonic(), value) then
    return
  end
  if not verdict then
    verdict = verdict_of(value, err)
    call.launched_id = value and value.id
  end
  getmetatable(call).__index.finish(call, value, err, verdict)
end

local function on_answer(call, now, response, err, action)
  if call.launch then return launch.judge(call, now, response, err) end
  if call.operation ~= "get" or err then
    if not action then return judge.cancel(call, now, response, err) end
  end
  local problem
  if not action then action, problem = answer.action(response, call.id) end
  if problem and call:try_again(now, response) then return end
  if not action then return judge.cancel(call, now, response, problem) end
  if judge.has_changed(call, action) then return end
  if not entity.final[action.status] or (call.posts or 0) > 0 then
    return judge.cancel(call, now, response, nil, action)
  end
  if action.status == "Succeeded" then
    if reverse(call, now, action) then return end
    return call:finish(call.client.read(action), nil, "skipped")
  end
  call:finish(call.client.read(action), nil,
    action.status == "Cancelled" and "already_cancelled" or "already_final")
end

-- A call that undoes an action; `target` as client:cancelling takes it, whose `expected`
-- tells whether it was InProgress. -> call | nil, err
function undo.methods:undoing(target, comment, wait)
  local call, err = self:cancelling(target, comment, wait)
  if not call then return nil, err end
  call.judge, call.was_sent = on_answer, target.read_first and target.sends[1] ~= nil
  call.finish, call.releases = finish, target.expected == "InProgress"
  return call
end

return undo
