-- The course of a batch, told from its history.

local course = {}

local STATES = { begun = "running", resumed = "running", stopped = "stopped", ended = "ended" }

-- -> { state, begun, last, seconds, working }: how it stands ("not begun", "running" (for
-- all that is recorded: whoever ran it may have died), "stopped" or "ended"), when it
-- began and when something last happened, how long that is (up to `now` where it runs),
-- and how much of it somebody was at work, which is nil where nobody knows: it was
-- resumed with no stop before
function course.of(batch, history, now)
  local self = { state = "not begun", begun = batch.created, last = batch.created, working = 0 }
  local since  -- when somebody went to work, while somebody is at it
  local function happened(event, state)
    if since and state == "running" then self.working = nil end
    if since and self.working then self.working = self.working + event.at - since end
    since = state == "running" and event.at or nil
    self.state, self.last = state, event.at
    if event.kind == "begun" then self.begun = event.at end
  end
  for _, event in ipairs(history) do
    local state = STATES[event.kind]
    if state then happened(event, state) end
  end
  if self.state == "running" then
    self.last = math.max(self.last, now)
    if self.working then self.working = self.working + self.last - since end
  end
  self.seconds = self.last - self.begun
  return self
end

return course
