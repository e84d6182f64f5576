-- Compares each verdict with what the service knows to have happened.
--
-- A check returns nil if the verdict is true, or a text that says why it is not.

local history = require "spec.world.model.history"
local not_found = require "spec.world.model.absence"
local time = require "spec.world.model.time"
local undo = require "spec.world.model.undo"

local SLACK, LAG = history.SLACK, history.LAG
local TYPES = {
  isolate = "Isolate", unisolate = "Unisolate", scan = "RunAntiVirusScan",
  restrict = "RestrictCodeExecution", unrestrict = "UnrestrictCodeExecution",
  offboard = "Offboard", quarantine = "StopAndQuarantineFile",
  ["live-response"] = "LiveResponse", package = "CollectInvestigationPackage",
}

local function posts_until(item, at)
  local list = {}
  for _, post in ipairs(item.posts) do
    if post.sent <= at + SLACK then list[#list + 1] = post end
  end
  return list
end

-- The first POST of the item, sent by then, of which `is_right` is true.
local function find_post(item, at, is_right)
  for _, post in ipairs(posts_until(item, at)) do
    if is_right(post) then return post end
  end
end

local function arrived(post) return post.event.arrived ~= false and post.event.admitted end
local function was_welcome(post)
  return arrived(post) and post.event.status and post.event.status < 300
end

local function has_ended_as(world, item, entry, set)
  local status = history.status_at(world, item.id, entry.at + SLACK)
  if status == nil then return "the service does not have the action" end
  if not set[status] then return ("the action is %s"):format(status) end
end

local CANCELLED = { Cancelled = true }
local ENDED = { Succeeded = true, Failed = true, TimeOut = true }

-- Reports whether the cancellation that the service has may be the one of this POST, as far as its comment
-- shows.
local function looks_like(change, post)
  local body = post.event.body
  return type(body) == "table" and post.event.operation == "cancel"
    and body.Comment == change.event.comment
end

local function cancellation(world, item)
  local change = history.last_change(world, item.id)
  local request = change and change.event.request and world.by_number[change.event.request]
  return change, request and request.item
end

-- Reports whether the item was about to be sent, with the comment of the cancellation: its process may
-- have been killed just before.
local function may_have_sent(item, entry, change)
  local comment = item.row.comment or item.batch.row.comment
  for _, other in ipairs(item.rows) do
    if other.row.kind == "sent" and other.n < entry.n and comment
      and (change.event.comment or ""):find(comment, 1, true) then
      return true
    end
  end
  return false
end

-- The answer proves to the process that this cancel changed nothing: 400, or 404.
local function was_refused(post)
  local answer = post.answer
  return answer ~= nil and answer.outcome == "delivered"
    and (answer.status == 400 or answer.status == 404)
end

-- Each cancel that was recorded was sent and refused, which the process that ends the item saw.
local function were_refused(item, entry)
  local posts, sent = posts_until(item, entry.at), 0
  for _, other in ipairs(item.rows) do
    if other.row.kind == "sent" and other.n < entry.n then sent = sent + 1 end
  end
  for _, post in ipairs(posts) do
    if not was_refused(post) or post.process ~= entry.process then return false end
  end
  return posts[1] ~= nil and #posts >= sent
end

local function cancelled(world, item, entry)
  local wrong = has_ended_as(world, item, entry, CANCELLED)
  if wrong then return wrong end
  local change, cause = cancellation(world, item)
  if not change or cause == item then return end
  if were_refused(item, entry) then return "each cancel of it was refused" end
  if may_have_sent(item, entry, change) then return end
  local same = find_post(item, entry.at, function(post) return looks_like(change, post) end)
  if not same then return "the cancellation is not that of this item" end
end

-- Another item of ours, or a person, that cancelled this action with the same comment.
local function has_rival(world, item, change)
  for _, post in ipairs(world.posts) do
    if post.item ~= item and post.event.target == item.id and looks_like(change, post) then
      return true
    end
  end
  return false
end

local function already_cancelled(world, item, entry)
  local wrong = has_ended_as(world, item, entry, CANCELLED)
  if wrong then return wrong end
  local change, cause = cancellation(world, item)
  if cause == item and not has_rival(world, item, change)
    and not time.has_lost_time(world, item.batch.store, change.at, entry.at) then
    return "this item cancelled it"
  end
end

local function too_late(world, item, entry)
  local wrong = has_ended_as(world, item, entry, CANCELLED)
  if wrong then return wrong end
  local action = world.observation.actions[item.id]
  local commands = action and action.commands or {}
  if #commands == 0 then return "the action has no commands" end
  for _, command in ipairs(commands) do
    if command.commandStatus ~= "Completed" then return "a command had not completed" end
  end
end

-- A cancel that was accepted shows in the action before its status changes.
local function has_accepted_cancel(world, item, entry)
  for _, request in ipairs(world.requests) do
    local event = request.event
    if event.at > entry.at + SLACK then return false end
    if event.effect == "accepted" and event.action == item.id then return true end
  end
  return false
end

local OLDER = 3  -- seconds: the service tells its time in whole ones

-- The action was there before the item was first sent. After a reboot nothing tells how long ago
-- that was.
local function is_older(world, item, id)
  for _, event in ipairs(world.observation.events) do
    if event.kind == "reboot" then return false end
  end
  for _, other in ipairs(item.rows) do
    if other.row.kind == "sent" then return history.created(world, id) < other.at - OLDER end
  end
  return false
end

local function launched(world, item, entry)
  local own = find_post(item, entry.at, function(post)
    return post.event.effect == "launched"
      and (entry.row.launched == nil or post.event.action == entry.row.launched)
  end)
  if own then return end
  local action = entry.row.launched and world.observation.actions[entry.row.launched]
  if not action then return "the service has no action of it" end
  local alike = find_post(item, entry.at, function(post)
    local body = post.event.body
    return type(body) == "table" and body.Comment == action.requestorComment
  end)
  if not alike then return "the action was launched by another" end
  if is_older(world, item, entry.row.launched) then return "the action was there before" end
end

local function was_open(world, id, from, to)
  for status in pairs(history.statuses_between(world, id, from, to)) do
    if not history.is_final(status) then return true end
  end
  return false
end

local function existing(world, item, entry)
  local machine = item.row.machine or item.id
  local from = (item.rows[1] or entry).at - LAG
  for _, id in ipairs(history.on_machine(world, machine, TYPES[item.row.decision])) do
    local creator = history.creator(world, id)
    local is_own = creator ~= nil and creator.item == item
    if not is_own and was_open(world, id, from, entry.at) then return end
  end
  return "no other action of this type was open on the machine"
end

-- Another process's cancel counts too. A launch is accepted until its action ends.
local function accepted(world, item, entry)
  if entry.row.launched then
    return launched(world, item, entry) and existing(world, item, entry)
  end
  if not (find_post(item, entry.at, was_welcome) or has_accepted_cancel(world, item, entry)) then
    return "the service accepted no cancel"
  end
  if history.is_final(entry.row.status) then return "the action had ended when it was read" end
end

-- The status of the action that a launch of this item has made.
local function launch_status(world, item, entry)
  local own = find_post(item, entry.at, function(post) return post.event.effect == "launched" end)
  local id = entry.row.launched or own and own.event.action
  return id and history.status_at(world, id, entry.at + SLACK)
end

local function succeeded(world, item, entry)
  local status = launch_status(world, item, entry)
  if status ~= "Succeeded" then
    return ("the launched action is %s"):format(status or "not there")
  end
end

local function failed(world, item, entry)
  local status = launch_status(world, item, entry)
  if not status or status == "Succeeded" or not history.is_final(status) then
    return ("the launched action is %s"):format(status or "not there")
  end
end

local function undone(world, item, entry)
  local function has_succeeded(status) return status == "Succeeded" end
  if not undo.has_inverse(world, item, entry, has_succeeded) then
    return "no inverse of it succeeded"
  end
end

local function undo_accepted(world, item, entry)
  if not undo.has_inverse(world, item, entry, function() return true end) then
    return "no inverse of it was launched"
  end
end

local function done(_, item, entry)
  if not find_post(item, entry.at, was_welcome) then return "the service confirmed nothing" end
end

-- An undo whose action has Succeeded launches the inverse, unless others decide about the machine.
local function already_final(world, item, entry)
  local wrong = has_ended_as(world, item, entry, ENDED)
  if wrong or item.row.decision ~= "undo" then return wrong end
  local action = world.observation.actions[item.id]
  if entry.row.status == "Succeeded" and history.INVERSE[action.type]
    and not undo.is_moot(world, item) then
    return "its effect is not undone"
  end
end

local function changed(world, item, entry)
  if find_post(item, entry.at, function(post)
    return undo.has_released(world, item, entry, post)
  end) then
    return "it was sent"
  end
  local expected = item.row.expected
  if not expected or expected == "" or undo.is_moot(world, item) then return end
  local statuses = history.statuses_between(world, item.id, entry.at - LAG, entry.at + SLACK)
  statuses[expected] = nil
  if next(statuses) == nil and world.histories[item.id]
    and not has_accepted_cancel(world, item, entry) then
    return ("its status was %s, as expected"):format(expected)
  end
end

local function skipped(world, item, entry)
  local decision = item.row.decision
  if decision == nil or decision == "cancel" then return "a cancel is never skipped" end
  if decision == "undo" and undo.is_needed(world, item, entry.at) then
    return "nothing else has released its machine, or isolates it"
  end
end

local REFUSALS = { [401] = true, [403] = true, [408] = true, [429] = true }

local function refused(_, item, entry)
  local post = find_post(item, entry.at, function(post)
    local status = post.event.status
    return status and status >= 400 and status < 500 and not REFUSALS[status]
  end)
  if not post then return "the service refused nothing" end
end

local function forbidden(world, item, entry)
  for _, request in ipairs(world.requests) do
    local answer = request.answer
    if request.process == entry.process and answer and answer.at <= entry.at + SLACK
      and answer.status == 403 then
      return
    end
  end
  return ("no answer to %s forbids it"):format(item.id)
end

-- Not sent in this run: no POST of this process since its batch began or was resumed.
local function unsent(_, item, entry)
  local post = find_post(item, entry.at, function(post)
    return post.process == entry.process and post.event.effect ~= nil
  end)
  if post then return "it was sent" end
end

-- The status that an answer shows of an action | nil
local function shown_status(answer, id)
  return (history.shown(answer, id) or {}).status
end

-- A read that was sent after the last POST of a cancel was answered, and that shows how it ended.
local function has_seen_end(world, item, entry)
  local posts = posts_until(item, entry.at)
  local last = posts[#posts]
  if not last or not last.answer then return false end
  local from = last.answer.at
  for _, row in ipairs(item.batch.rows) do  -- the guards of a resume read for themselves
    if row.row.kind == "resumed" and row.n < entry.n then from = math.max(from, row.at) end
  end
  for _, read in ipairs(world.reads[item.batch.store] or {}) do
    local answer = read.answer
    if read.process == entry.process and read.sent > from and answer
      and answer.outcome == "delivered" and answer.status == 200 and answer.at < entry.at - 1
      and history.is_final(shown_status(read.event.answer, item.id)) then
      return true
    end
  end
  return false
end

-- A request may have left once it was recorded, whatever became of it.
local function unknown(world, item, entry)
  local decision = item.row.decision
  if (decision == nil or decision == "cancel") and has_seen_end(world, item, entry) then
    return "it was read, and had ended"
  end
  for _, other in ipairs(item.rows) do
    if other.row.kind == "sent" and other.n < entry.n then return end
  end
  return "it was never sent"
end

local CHECKS = {
  cancelled = cancelled, already_cancelled = already_cancelled, already_final = already_final,
  too_late = too_late, accepted = accepted, launched = launched, existing = existing,
  succeeded = succeeded, failed = failed, undone = undone, undo_accepted = undo_accepted,
  done = done, changed = changed, skipped = skipped, not_found = not_found, refused = refused,
  forbidden = forbidden, unsent = unsent, unknown = unknown, error = function() end,
}

local function check(world, item, entry, report)
  local verdict = entry.row.verdict
  local check_one = CHECKS[verdict]
  local wrong
  if check_one then wrong = check_one(world, item, entry)
  else wrong = "there is no such verdict" end
  if not wrong then return end
  local events = { entry.n }
  for _, post in ipairs(posts_until(item, entry.at)) do events[#events + 1] = post.n end
  report("verdict", events, "%s is said to be %s, but %s", item.id, tostring(verdict), wrong)
end

return function(world, report)
  for _, item in ipairs(world.items) do
    for _, entry in ipairs(item.rows) do
      if entry.row.kind == "ended" then check(world, item, entry, report) end
    end
  end
end
