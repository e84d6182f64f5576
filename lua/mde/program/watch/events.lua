-- What `mde watch` tells: a line of JSON an event on standard output, each with its time,
-- profile and tenant.

local date = require "mde.base.date"
local output = require "mde.program.terminal.output"

local events = {}

local Events = {}
Events.__index = Events

local KEYS = { "time", "event", "profile", "tenant", "hash", "approved", "why", "plan", "read",
               "decisions", "abstained", "done_before", "changes", "mode", "batch", "verdicts",
               "errors", "left", "stopped", "resume", "guard", "count", "code", "message" }

local function write(object)
  output.json(object, KEYS)
  output.flush()
end

-- Writes an event with these fields; raises where that fails, as ever after.
function Events:tell(kind, fields)
  fields.time, fields.event = date.text(self.clock.wall()), kind
  fields.profile, fields.tenant = self.profile, self.tenant
  local done, problem = pcall(write, fields)
  if done then return end
  self.problem = problem
  error(problem, 0)
end

-- The events of what a client does.
function events.new(session)
  return setmetatable({ clock = session.clock, profile = session.profile,
                        tenant = session.tenant }, Events)
end

return events
