-- Verdicts: all of them, and the rules that derive one from an action.
--
-- A verdict comes from the action as the service returns it, never from a status code alone.
-- A cancelled isolation that was InProgress may have taken effect: a cancel does not release.

local date = require "mde.base.date"
local kinds = require "mde.service.kinds"

local verdict = {}

---@alias mde.verdict from service/verdicts.all

-- One row per verdict, in the order of a report:
--   kind     "good": as asked, "moot": ended before, "refused": not as asked, or "undecided": without
--            an outcome
--   settled  proven, so that nothing remains to be done
--   next     what to do next (absent: nothing); %s is the batch
--   alone    the same without a journal (absent: `next`)
--   request  the same for a request that mde cannot read back (absent: `next`)
verdict.all = {
  { name = "cancelled", kind = "good", settled = true, meaning = "by this cancel" },
  { name = "already_cancelled", kind = "good", settled = true, meaning = "by an earlier cancel" },
  { name = "undone", kind = "good", settled = true,
    meaning = "the machine is released" },
  { name = "undo_accepted", kind = "good",
    meaning = "the release has not ended yet",
    next = "look again later: mde resume %s", alone = "look again later: mde machines --isolated" },
  { name = "launched", kind = "good", settled = true, meaning = "the service has the action" },
  { name = "existing", kind = "good", settled = true,
    meaning = "the same action was under way" },
  { name = "succeeded", kind = "good", settled = true, meaning = "launched, and Succeeded" },
  { name = "done", kind = "good", settled = true, meaning = "the service confirmed it" },
  { name = "failed", kind = "refused", settled = true,
    meaning = "launched, and ended without success",
    next = "see why: mde batch show %s --verdict failed", alone = "see why: mde show ID" },
  { name = "already_final", kind = "moot", settled = true,
    meaning = "it had ended before",
    next = "nothing: it had ended before, and there was nothing to cancel" },
  { name = "too_late", kind = "moot", settled = true,
    meaning = "Cancelled, but its commands had completed",
    next = "check the machines: the commands had completed (mde batch show %s)",
    alone = "check the machines: the commands had completed" },
  { name = "accepted", kind = "good", meaning = "accepted, has not ended yet",
    next = "look again later: mde resume %s", alone = "look again later: mde show ID" },
  { name = "changed", kind = "moot", settled = true, meaning = "it differs from the plan",
    next = "plan again: mde plan" },
  { name = "skipped", kind = "moot", settled = true, meaning = "it cannot be undone",
    next = "nothing undoes these: mde batch show %s --verdict skipped",
    alone = "nothing undoes these" },
  { name = "not_found", kind = "refused", settled = true,
    meaning = "not found; an action: read twice 10 s apart",
    next = "check ids and tenant: mde batch show %s --verdict not_found",
    alone = "check ids and tenant" },
  { name = "refused", kind = "refused", settled = true, meaning = "refused by the service for good",
    next = "see why: mde batch show %s --verdict refused", alone = "the reason is below" },
  { name = "forbidden", kind = "refused", meaning = "a permission is missing",
    next = "mde resume %s", alone = "try again" },
  { name = "error", kind = "refused", meaning = "it failed",
    next = "see why: mde batch show %s --verdict error", alone = "the reason is below" },
  { name = "unsent", kind = "undecided", meaning = "never sent",
    next = "mde resume %s",
    alone = "the same command again" },
  { name = "unknown", kind = "undecided",
    meaning = "sent, result not known",
    next = "mde resume %s reads the actions", alone = "enter the same command again: it reads them",
    request = "find out what it did; then mde batch close %s -m REASON" },
}

-- The message about an action that the service still returned as InProgress for its cancel.
verdict.had_begun = "InProgress when its cancel arrived"

-- Names in this order; rows by name; sets of the names that are good, and settled.
verdict.names, verdict.row, verdict.good, verdict.settled = {}, {}, {}, {}
for i, row in ipairs(verdict.all) do
  verdict.names[i], verdict.row[row.name] = row.name, row
  verdict.good[row.name] = row.kind == "good" or nil
  verdict.settled[row.name] = row.settled
end

local function all_completed(commands)
  if type(commands) ~= "table" then return false end
  for _, command in pairs(commands) do
    if type(command) ~= "table" or command.commandStatus ~= "Completed" then return false end
  end
  return next(commands) ~= nil
end

-- Reports if a comment is not ours. The service may have trimmed white space.
local function is_other(theirs, ours)
  if theirs == nil or theirs == ours then return false end
  return type(theirs) ~= "string"
         or theirs:match "^%s*(.-)%s*$" ~= ours:match "^%s*(.-)%s*$"
end

local function cancelled_earlier(action, comment, since)
  if is_other(action.cancellationComment, comment) then return true end
  local moment = since and date.parse(action.cancellationDateTimeUtc)
  return moment ~= nil and moment < since
end

-- The verdict on an action after a cancel with `comment`; nil while the action is not final.
-- `since` is when the first attempt was sent (seconds on the service's clock; nil if not known).
-- If `was_refused`, every attempt was refused, so an earlier cancel took effect.
function verdict.of(action, comment, since, was_refused)
  if not kinds.final[action.status] then return nil end
  if action.status ~= "Cancelled" then return "already_final" end
  if all_completed(action.commands) then return "too_late" end
  local is_earlier = was_refused or cancelled_earlier(action, comment, since)
  return is_earlier and "already_cancelled" or "cancelled"
end

return verdict
