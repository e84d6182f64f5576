-- Writes the events of `mde watch` as JSON lines, with time, profile and tenant.

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

-- Writes an event with these fields. Raises if that fails, and keeps the error in `problem`.
function Events:tell(kind, fields)
  fields.time, fields.event = date.text(self.clock.wall()), kind
  fields.profile, fields.tenant = self.profile, self.tenant
  local done, problem = pcall(write, fields)
  if done then return end
  self.problem = problem
  error(problem, 0)
end

-- Creates the events of a client.
function events.new(session)
  return setmetatable({ clock = session.clock, profile = session.profile,
                        tenant = session.tenant }, Events)
end

return events
