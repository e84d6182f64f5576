-- Writes the events of `mde watch` as JSON lines.

local date = require "mde.base.date"
local notify = require "mde.program.batch.notify"
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

-- Queues a refusal or stuck actions for the profile's `notify`; a refusal that repeats the last
-- round's only once.
function Events:pass_on(kind, fields)
  if kind == "applied" then self.refusals = {}
  elseif kind == "stuck" and fields.count > 0 then
    notify.tell(kind, { tenant = self.tenant,
      message = ("%d %s are open for too long"):format(fields.count, fields.type) })
  elseif kind == "refused" and self.refusals[fields.guard] ~= fields.message then
    self.refusals[fields.guard] = fields.message
    notify.tell(kind, { tenant = self.tenant, guard = fields.guard, message = fields.message })
  end
end

-- Writes an event with these fields. Raises if that fails, and keeps the error in `problem`.
function Events:tell(kind, fields)
  fields.time, fields.event = date.text(self.clock.wall()), kind
  fields.profile, fields.tenant = self.profile, self.tenant
  self:pass_on(kind, fields)
  local done, problem = pcall(write, fields)
  if done then return end
  self.problem = problem
  error(problem, 0)
end

-- Creates the events of a client.
function events.new(session)
  return setmetatable({ clock = session.clock, profile = session.profile,
                        tenant = session.tenant, refusals = {} }, Events)
end

return events
