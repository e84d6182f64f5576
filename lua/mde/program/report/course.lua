-- The course of a batch, told from its history.

local course = {}

local STATES = { begun = "running", resumed = "running", stopped = "stopped", ended = "ended" }

-- Follows the history. -> state, when it began, when something last happened, how long
-- somebody was at work until then (nil where nobody knows: who was at it wrote no end)
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

-- -> { state, begun, seconds, working }. The state is "not begun", "running", "stopped",
-- "ended", or "broken off" where history says that it runs and nobody does
-- (`is_held`: whether somebody may). `seconds` it took, up to `now` where it runs, and
-- in so many of them somebody was at work; nil where nobody knows.
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
