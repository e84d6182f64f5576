-- Derives the state of a batch: open, running, done or closed.

local output = require "mde.program.terminal.output"
local verdicts = require "mde.service.verdicts"

local state = {}

-- -> "done", "closed", "running" (in a process) or "open"; number of settled items
function state.of(batch)
  local counts, in_flight, left = batch:counts()
  local open = in_flight + left
  for verdict, count in pairs(counts) do
    if not verdicts.settled[verdict] then open = open + count end
  end
  local name = open == 0 and "done" or batch.closed and "closed" or batch:holder() and "running"
               or "open"
  return name, batch.count - open
end

-- Returns the state for people: a closed batch with its reason.
function state.shown(name, batch)
  return name == "closed" and ("closed (%s)"):format(batch.closed) or name
end

-- Prints how to resume or close a batch.
function state.say_resume(batch)
  output.note("`mde resume %s` continues it; `mde batch close %s -m REASON` ends it for good.",
    batch.name, batch.name)
end

return state
