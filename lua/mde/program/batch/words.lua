-- Names the subject of each kind of change, and the operation of its quota.

local kinds = require "mde.service.kinds"

local words = {}

-- Change -> { subject, operation }.
local ROWS = {
  cancel = { "action", "cancel" }, undo = { "action", "cancel" },
  add_tag = { "machine", "tag_machines" }, remove_tag = { "machine", "tag_machines" },
  set_value = { "machine", "set_device_value" },
  upload = { "file", "upload" }, delete_file = { "file", "delete_file" },
  request = { "request", "request" },
}
for operation in pairs(kinds.launched_by) do ROWS[operation] = { "machine", operation } end

-- Returns the subject of a change: "action", "machine", "file" or "request".
function words.subject(change)
  return (ROWS[change] or ROWS.request)[1]
end

-- Returns whether a change launches an action on a machine.
function words.is_launch(change)
  return kinds.launched_by[change] ~= nil
end

-- Returns whether the answer to a change is shown: to a request, or a file of the library.
function words.has_answer(change)
  local subject = words.subject(change)
  return subject == "request" or subject == "file"
end

-- Returns whether the results of a change are read from the list of actions.
function words.reads_actions(change)
  return words.subject(change) == "action" or words.is_launch(change)
end

-- Returns the operation whose quota a change uses. `counts`: of Batch:kind_counts, if known: an
-- undo may have nothing to cancel.
function words.operation(change, counts)
  if counts and counts.release and not (counts.undo or counts.cancel) then return "unisolate" end
  return (ROWS[change] or ROWS.request)[2]
end

-- Returns a count with its noun: "1 machine", "3 machine actions".
function words.counted(change, count)
  local subject = words.subject(change)
  if subject == "action" then subject = "machine action" end
  return ("%d %s%s"):format(count, subject, count == 1 and "" or "s")
end

return words
