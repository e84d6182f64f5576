-- The report of a batch, running, stopped or ended: what was asked, what became of it,
-- and how it kept to the service's limits.
--
-- A batch is what the store gives:
--   name, created (seconds since 1970), who ("dana@soc1"), tenant, application, comment,
--   order ("given", "newest" or "oldest"), count (of items), and maybe command, plan
--   batch:history()  -> array of { at, kind ("begun", "resumed", "stopped" or "ended"),
--                       who, detail }
--   batch:rows()     -> iterator over its items in order, each { position, id, verdict
--                       (nil: none yet), in_air (true: sent, without a recorded outcome),
--                       status, http, request_id, machine, machine_id, type, requestor,
--                       error (a code), message, sends (moments), ended_at }
--   batch:holder()   -> who runs it now, or nil. It may be missing.
-- No item is held. The page reads the items twice, its numbers come first: in a store
-- that others write to, both times from one snapshot.

local course = require "mde.program.report.course"
local statistics = require "mde.program.report.statistics"
local system = require "mde.program.system"

local report = {}

-- The numbers of a batch: see statistics.lua.
local function count(batch, begun)
  local collector = statistics.new(begun)
  for item in batch:rows() do collector:add(item) end
  return collector:summary()
end

-- {{ Formats: each takes a batch, its history and course, the limits, and now

local formats = {}

function formats.text(batch, history, run, limits)
  require "mde.program.report.text"(batch, history, count(batch, run.begun), run, limits)
end

function formats.json(batch, history, run, limits, now)
  require "mde.program.report.json"(batch, history, batch:rows(), statistics.new(run.begun), run,
    limits, now)
end

function formats.csv(batch, _, run)
  require "mde.program.report.csv"(batch:rows(), run.begun)
end

function formats.html(batch, history, run, limits, now)
  require "mde.program.report.page"(batch, history, count(batch, run.begun), run, limits, now)
end

-- }}

-- Prints the report as "text", "json", "csv" or "html". Options, with their defaults:
-- `now`, and `limits`, { per_minute, per_hour } of a cancel, each of which may be missing.
function report.write(batch, format, options)
  options = options or {}
  local now = options.now or system.clock.wall()
  local limits = options.limits or require("mde.core").operation.rows.cancel
  local history, is_held = batch:history(), not batch.holder or batch:holder()
  formats[format](batch, history, course.of(batch, history, now, is_held), limits, now)
end

return report
