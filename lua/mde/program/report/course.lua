-- Derives a batch's state and working time from its history.

local course = {}

local STATES = { begun = "running", resumed = "running", stopped = "stopped", ended = "ended",
                 closed = "closed" }

-- Reads the history. -> state, begin, time of the last event, and seconds of work until then
-- (nil if unknown, because a run recorded no end)
local function follow(batch, history)
  local state, begun, last, working = "not begun", batch.created, batch.created, 0
  for _, event in ipairs(history) do
    local next_state = STATES[event.kind]
    if next_state then
      if state == "running" and next_state == "running" then working = nil end
      if state == "running" and working then working = working + event.at - last end
      if event.kind == "begun" then begun = event.at end
      state, last = next_state, event.at
    end
  end
  return state, begun, last, working
end

-- -> { state, begun, seconds, working }. The state is "not begun", "running", "stopped", "ended",
-- "closed", or "broken off" if the history has no end and no process runs the batch (`is_held` is
-- true if one may). `seconds` is the time from begin to end, or to `now` if it is running; `working` the
-- part of it in which a process worked. Both are nil if unknown.
function course.of(batch, history, now, is_held)
  local state, begun, last, working = follow(batch, history)
  if state == "running" and not is_held then
    return { state = "broken off", begun = begun }
  elseif state == "running" then
    now = math.max(now, last)
    working = working and working + now - last
    last = now
  end
  return { state = state, begun = begun, seconds = state ~= "not begun" and last - begun or nil,
           working = working }
end

return course
