-- Verdicts: all of them, and the rules that derive one from an action.
--
-- A verdict comes from the action as the service returns it, never from a status code alone.
-- A cancelled isolation that was InProgress may have taken effect: cancelling does not release.

local date = require "mde.base.date"
local kinds = require "mde.service.kinds"

local verdict = {}

---@alias mde.verdict
---| "cancelled" # by this call
---| "already_cancelled" # by an earlier call
---| "already_final" # Succeeded, Failed or TimeOut: there was nothing to cancel
---| "too_late" # Cancelled, but all its commands had completed
---| "accepted" # the service took the cancel; the action is not final yet
---| "undone" # its inverse was launched, and has succeeded
---| "undo_accepted" # its inverse was launched, and is not final yet
---| "changed" # no longer as the plan saw it: skipped
---| "skipped" # the plan skipped it, or nothing undoes it
---| "not_found" # no such action
---| "forbidden" # a permission is missing
---| "error" # refused, or the id was malformed; the error says why
---| "unsent" # never sent: interrupted, or no connection
---| "unknown" # sent, but the result could not be read

-- All verdicts, in the order of a report.
verdict.all = {
  "cancelled", "already_cancelled", "undone", "undo_accepted", "already_final", "too_late",
  "accepted", "changed", "skipped", "not_found", "forbidden", "error", "unsent", "unknown",
}

-- Verdicts that are as requested.
verdict.good = { cancelled = true, already_cancelled = true, accepted = true, undone = true,
                 undo_accepted = true }

-- Verdicts that are proven and need no further step.
verdict.settled = { cancelled = true, already_cancelled = true, already_final = true,
                    too_late = true, not_found = true, undone = true, changed = true,
                    skipped = true }

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
