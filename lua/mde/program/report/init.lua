-- Prints the report of a batch, running, stopped or ended, in four formats.
--
-- A batch, as the store returns it:
--   name, created (seconds since 1970), who ("dana@soc1"), tenant, application, comment,
--   order ("given", "newest" or "oldest"), count (of items); optional: command, plan,
--   closed (why a person closed it: nothing is open)
--   batch:history()  -> array of { at, kind ("begun", "resumed", "stopped", "ended", "closed"),
--                       who, detail }
--   batch:rows()     -> iterator over its items in order, each { position, id, verdict
--                       (nil: none yet), in_flight (true: sent, no verdict yet),
--                       status, http, request_id, machine, machine_id, type, requestor,
--                       error (a code), message, sends (moments), ended_at }
--   batch:holder()   -> the user who runs it now, or nil. This method may be missing.
-- Items are not kept. The page reads them twice, because its numbers come first. If other
-- processes write to the store, both readings must be of one snapshot.

local course = require "mde.program.report.course"
local statistics = require "mde.program.report.statistics"
local system = require "mde.program.system"

local report = {}

-- Counts a batch's items: see statistics.lua.
local function count(batch, begun)
  local collector = statistics.new(begun, batch.closed)
  for item in batch:rows() do collector:add(item) end
  return collector:summary()
end

-- Formats: functions of a batch, its history, its course, the limits and the current time

local formats = {}

function formats.text(batch, history, run, limits)
  require "mde.program.report.text"(batch, history, count(batch, run.begun), run, limits)
end

function formats.json(batch, history, run, limits, now)
  local collector = statistics.new(run.begun, batch.closed)
  require "mde.program.report.json"(batch, history, batch:rows(), collector, run, limits, now)
end

function formats.csv(batch, _, run)
  require "mde.program.report.csv"(batch:rows(), run.begun)
end

function formats.html(batch, history, run, limits, now)
  require "mde.program.report.page"(batch, history, count(batch, run.begun), run, limits, now)
end

-- Prints the report as "text", "json", "csv" or "html". Options: `now` (default: the current
-- time) and `limits`, { per_minute, per_hour } of a cancel, both optional.
function report.write(batch, format, options)
  options = options or {}
  local now = options.now or system.clock.wall()
  local limits = options.limits or require("mde.core").operation.rows.cancel
  local history, is_held = batch:history(), not batch.holder or batch:holder()
  formats[format](batch, history, course.of(batch, history, now, is_held), limits, now)
end

return report
