-- Launches as changes of a batch: each ends with a verdict, and may be resumed.

local calls = require "mde.call.call"
local errors = require "mde.base.errors"
local follow = require "mde.client.follow"
local launch = require "mde.client.launch"

local launch_item = { methods = {} }

local VERDICTS = { succeeded = "succeeded", open = "accepted", failed = "failed" }

-- The error of a launch that was answered with an open action of another scope | nil
local function conflict(call, action)
  local wanted = call.launch.arguments.type
  if not (action.existing and wanted and action.scope and action.scope ~= wanted) then return end
  return errors.new { code = "conflict", active_action_id = action.id,
    message = ("%s %s by %s has scope %s, not %s"):format(action.type, action.id,
      action.requestor or "?", action.scope, wanted) }
end

-- Continues after the end of the launch, which has no verdict: see mde.call.call.
-- -> whether the call continues
local function before_end(call, action, err, verdict)
  if verdict then return false end
  if err then
    call:finish(nil, err, launch.verdict_of(call, err))
    return true
  end
  local problem = conflict(call, action)
  if problem then
    call:finish(action, problem, "refused")
  elseif call.following.wait > 0 then
    local now = call.client.clock.monotonic()
    follow.start(call, now, action.id:lower())
    follow.read(call, now, action)
  else
    call:finish(action, nil, action.existing and "existing" or "launched")
  end
  return true
end

local function on_answer(call, now, response, err, action)
  if call.following.id then return follow.judge(call, now, response, err, action) end
  launch.judge(call, now, response, err)
end

-- Makes the call continue a launch that another process may have sent: the action is read by its
-- id if that is known; else it is searched for, and launched only if it is not there.
local function continue(call, target)
  local now = call.client.clock.monotonic()
  call.reached = true
  if target.launched then
    follow.start(call, now, target.launched)
    return call:look_up(now, target.launched)
  end
  call.first_sent = now - (target.sent_ago or math.huge)
  local unseen_since = target.last_sent_ago
                       and now - math.max(0, target.last_sent_ago - call.client.request_timeout)
  if target.verdict == "error" then unseen_since = -math.huge end  -- it was searched for then
  launch.start(call, call.launch.operation, call.launch.arguments, now,
    { lost_at = unseen_since })
end

-- A call that launches `operation` on a machine (its id, or a journal's item of it), and waits at
-- most `wait` seconds (default 0) for the end of the action. `options`: see client:isolate and the
-- other launches. -> call | nil, err
function launch_item.methods:launching(operation, target, options, wait)
  local arguments, err = launch.arguments(operation, options)
  if not arguments then return nil, err end
  arguments.machine = type(target) == "table" and target.id or target
  local call
  call, err = calls.new(self, operation, arguments, on_answer, {
    launch = launch.fields(operation, arguments), following = follow.fields(wait, VERDICTS) })
  if not call then return nil, err end
  call.id, call.before_end = arguments.machine:lower(), before_end
  if type(target) == "table" and target.read_first then continue(call, target) end
  return call
end

return launch_item
