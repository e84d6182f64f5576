-- Undoing an action: what is not final is cancelled; of what Succeeded the inverse is
-- launched, if it has one. Source: the pages of the operations, which name each other. What
-- was InProgress when it was cancelled may have had its effect: its inverse is launched too,
-- once it is Cancelled, since two that cross leave a machine isolated.
--
-- The action is read first, and just before a launch what was done on its machine since: who
-- has isolated a machine anew wants it isolated, and it is left alone. A launch is not sent
-- twice unseen (see mde.launch).

local answer = require "mde.answer"
local date = require "mde.date"
local entity = require "mde.entity"
local judge = require "mde.judge"
local launch = require "mde.launch"
local odata = require "mde.odata"

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

local NEWEST = 50  -- actions that are read of the machine

-- Reads the newest actions of the same type on its machine, to undo the action after that.
-- -> whether anything undoes it
local function reverse(call, now, action)
  if not undo.inverse[action.type] or not action.machineId then return false end
  call.releases, call.reversed = false, action
  call:go_on_with("list", { query = odata.query {
    { "$filter", odata.all { odata.is("type", action.type),
                             odata.is("machineId", action.machineId) } },
    { "$orderby", "creationDateTimeUtc desc" }, { "$top", NEWEST },
  } }, now)
  return true
end

-- Whether one of the list, the newest first, is newer than the action and had its effect, or
-- may have it yet.
local function is_done_anew(list, action)
  for _, other in ipairs(list) do
    if other.id:lower() == action.id:lower() then return false end
    if other.status == "Succeeded" or not entity.final[other.status] then return true end
  end
  return false
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
  local operation = undo.inverse[action.type]
  launch.start(call, operation, {
    machine = action.machineId, comment = call.comment,
    type = operation == "isolate" and "Full" or nil,
  }, now, call.was_sent, date.parse(action.creationDateTimeUtc))
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
  call.judge, call.finish, call.releases = on_answer, finish, target.expected == "InProgress"
  return call
end

return undo
