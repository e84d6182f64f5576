-- Undoes an action: an open one is cancelled, of one that Succeeded the inverse is launched.
--
-- Source: the pages of the operations, which name each other. An action that was InProgress when it
-- was cancelled may have had its effect, so its inverse is launched too, but only after it is
-- Cancelled: if both cross, the machine stays isolated.
--
-- The action is read first. One that has begun, or Succeeded, since it was listed is undone as such.
-- Just before a launch the newer actions on its machine are read: if it was isolated again, it is
-- left alone. A launch is never repeated blindly (mde.client.launch), nor if the machine was
-- isolated again since.

local answer = require "mde.service.response"
local calls = require "mde.call.call"
local date = require "mde.base.date"
local errors = require "mde.base.errors"
local follow = require "mde.client.follow"
local judge = require "mde.call.cancel"
local kinds = require "mde.service.kinds"
local launch = require "mde.client.launch"
local odata = require "mde.service.odata"

local undo = { methods = {} }

local NEWEST = 50  -- actions of the machine in a page
local PAGES = 10   -- pages that are read at most

-- Reads a page of the actions of the same type on its machine next, the newest first.
local function read_page(call, now)
  local own = call.undo
  call:continue_with("list", { query = odata.query {
    { "$filter", odata.all { odata.is("type", own.reversed.type),
                             odata.is("machineId", own.reversed.machineId) } },
    { "$orderby", "creationDateTimeUtc desc" }, { "$top", NEWEST },
    { "$skip", own.rows > 0 and own.rows or nil },
  } }, now)
end

-- Reads the newer actions of the same type on its machine, to undo the action after that.
-- -> whether anything undoes it
local function reverse(call, now, action)
  local kind, own = kinds.of[action.type], call.undo
  if not (kind and kind.inverse and action.machineId) then return false end
  own.is_due, call.cancel.expected = false, nil
  own.reversed, own.pages, own.rows = action, 0, 0
  read_page(call, now)
  return true
end

-- Reports whether an action in the page, the newest first, is newer than the given one and had its
-- effect, or may still have it. nil: a further page may have one.
local function is_repeated(list, action)
  for _, other in ipairs(list) do
    if other.id:lower() == action.id:lower() then return false end
    local may_have_effect = other.status == "Succeeded" or not kinds.final[other.status]
    if other.type == action.type and may_have_effect then return true end
  end
  if #list < NEWEST and not list.has_more then return false end
  return nil
end

-- The machine is isolated again, and no release of ours came before that.
local function end_repeated(call)
  call:finish(call.client.read(call.undo.undone), nil, "changed")
end

-- The machine's actions were read: launches the inverse of the action. If the machine is isolated
-- again, or that can't be excluded, it only searches for one that was launched before.
local compared = calls.parsing(answer.actions, function(call, now, _, list, err)
  if not list then return call:finish(nil, err, call:standing()) end
  local own, action = call.undo, call.undo.reversed
  local repeated = is_repeated(list, action)
  own.pages, own.rows = own.pages + 1, own.rows + #list
  if repeated == nil and list[1] and own.pages < PAGES then return read_page(call, now) end
  own.reversed, own.undone = nil, action
  local is_obsolete = repeated ~= false
  if is_obsolete and not call.cancel.was_sent then return end_repeated(call) end
  local inverse = kinds.of[kinds.of[action.type].inverse]
  launch.start(call, inverse.operation, {
    machine = action.machineId, comment = call.comment,
    type = inverse.scopes and inverse.scopes[1],
  }, now, call.cancel.was_sent and { after = date.parse(action.creationDateTimeUtc),
                                     failed = own.failed, is_obsolete = is_obsolete or nil },
    { type = action.type, is_repeated = function(page) return is_repeated(page, action) end })
end)

local function not_undone(action)
  return errors.new { code = "not_undone",
    message = ("%s %s ended %s: the machine may be unchanged; resume launches another")
      :format(action.type, action.id, action.status) }
end

local VERDICTS = { succeeded = "undone", open = "undo_accepted", failed = "error",
                   error = not_undone }

local CANCELLED = { cancelled = true, already_cancelled = true }

-- Reports whether the inverse of an action must be launched, after the verdict on its cancel.
local function is_due(call, action, verdict)
  if verdict == "already_final" then return action.status == "Succeeded" end
  return CANCELLED[verdict] and (call.undo.is_due
    or (call.accepted or {}).status == "InProgress")
end

-- Continues after the end of a cancel, or of a launch, which has no verdict: see mde.call.call.
-- -> whether the call continues
local function before_end(call, action, err, verdict)
  local now = call.client.clock.monotonic()
  if verdict then
    return not call.launch and is_due(call, action, verdict) and reverse(call, now, action)
  end
  if action then
    follow.start(call, now, action.id:lower())
    follow.read(call, now, action)
  elseif call.launch.is_obsolete and call.launch.is_absent then
    end_repeated(call)
  else
    call:finish(nil, err, launch.verdict_of(call, err))
  end
  return true
end

-- The statuses that an action may have reached since it was listed.
local LATER = { Pending = { InProgress = true, Succeeded = true },
                InProgress = { Succeeded = true } }

-- Accepts an action that has moved on.
local function follow_course(call, action)
  local own = call.cancel
  local later = LATER[own.expected]
  if later and later[action.status] then own.expected = action.status end
  if action.status == "InProgress" then call.undo.is_due = true end
end

-- The action to undo was read.
local judge_action = calls.parsing(calls.parse_action, function(call, now, response, action, err)
  if not action then return judge.cancel(call, now, response, err) end
  follow_course(call, action)
  if judge.has_changed(call, action) then return end
  local was_cancelled = call.cancel.was_sent and action.status == "Cancelled"  -- by us, perhaps
  if not kinds.final[action.status] or call.cancel.posts > 0 or was_cancelled then
    return judge.cancel(call, now, response, nil, action)
  end
  if action.status == "Succeeded" then
    if reverse(call, now, action) then return end
    return call:finish(call.client.read(action), nil, "skipped")
  end
  call:finish(call.client.read(action), nil,
    action.status == "Cancelled" and "already_cancelled" or "already_final")
end)

local function on_answer(call, now, response, err, action)
  if call.following.id then return follow.judge(call, now, response, err, action) end
  if call.undo.reversed then return compared(call, now, response, err) end
  if call.launch then return launch.judge(call, now, response, err) end
  if (call.operation ~= "get" or err) and not action then
    return judge.cancel(call, now, response, err)
  end
  judge_action(call, now, response, nil, action)
end

-- A call that reads a release that was launched before.
local function reading(client, target, comment)
  local call, err = calls.new(client, "get", { id = target.launched }, on_answer)
  if not call then return nil, err end
  call.id, call.comment = target.id:lower(), comment
  return call
end

-- A call that undoes an action, and waits at most `wait` seconds (default 0) for the end of the
-- release. `target` is as in client:cancelling; its `expected`, or `status` (of an earlier run),
-- tells whether the action is InProgress, or was before it was Cancelled. If `target.launched` is the
-- id of a release that was launched before, that is read; if it ended without effect (the verdict is
-- "error"), another is launched. `target.failed` is the id of one that ended so before the last
-- request, which is then searched for.
-- -> call | nil, err
function undo.methods:undoing(target, comment, wait)
  local has_failed = target.launched and target.verdict == "error"
  local is_launched = target.launched and target.verdict and not has_failed
                      and target.launched ~= target.failed
  local call, err
  if is_launched then call, err = reading(self, target, comment)
  else call, err = self:cancelling(target, comment, wait) end
  if not call then return nil, err end
  call.judge, call.before_end, call.following = on_answer, before_end, follow.fields(wait, VERDICTS)
  call.undo = {
    is_due = target.launched ~= nil or target.expected == "InProgress"
             or target.expected == "Cancelled"
             or target.status == "InProgress",
      -- the inverse is launched after the cancel, too
    failed = target.failed,  -- the id of a release that had no effect
    undone = nil,  -- the action whose inverse is launched
    reversed = nil,  -- the action whose newer ones are being read, before its inverse is launched
    pages = 0, rows = 0,  -- that were read of them
  }
  if has_failed then call.cancel.was_sent = false end
  if is_launched then
    local now = self.clock.monotonic()
    follow.start(call, now, target.launched)
    call:look_up(now, target.launched)
  end
  return call
end

return undo
