-- What is stuck in a tenant: actions that have been open for longer than their type takes,
-- and live responses, of which the service carries out so many at once and no more.

local account = require "mde.program.session.account"
local failure = require "mde.program.exit"
local options = require "mde.program.input.options"

local survey = { slots = account.sessions, most = account.sessions * 4 // 5 }

local HOUR = 3600

-- Seconds that an action may be open, by type: what is older is stuck. The service queues a
-- live response for two hours, and retries an isolation for three days.
survey.limits = {
  LiveResponse = 2 * HOUR,
  CollectInvestigationPackage = 6 * HOUR,
  RunAntiVirusScan = 24 * HOUR,
  StopAndQuarantineFile = 24 * HOUR,
  Isolate = 24 * HOUR, Unisolate = 24 * HOUR,
  RestrictCodeExecution = 24 * HOUR, UnrestrictCodeExecution = 24 * HOUR,
  Offboard = 72 * HOUR,
}

local function note_stuck(stuck, action, age)
  local found = stuck[action.type] or { count = 0, age = 0 }
  found.count = found.count + 1
  if age > found.age then found.age, found.oldest = age, action.id end
  stuck[action.type] = found
end

-- Reads the open actions. -> { used = live responses in progress, stuck = { type -> { count,
-- oldest = its id, age = of that, in seconds } } }; raises what hinders
function survey.read(session)
  local found = { used = 0, stuck = {} }
  for _, action in ipairs(failure.check(session:list { status = options.open })) do
    local age, limit = action:age(), survey.limits[action.type]
    if limit and age and age > limit then note_stuck(found.stuck, action, age) end
    if action.type == "LiveResponse" and action.status == "InProgress" then
      found.used = found.used + 1
    end
  end
  return found
end

-- Tells what has changed since the last time (`last`, a table that is the caller's to keep).
function survey.tell(found, last, events)
  for kind, limit in pairs(survey.limits) do
    local stuck = found.stuck[kind]
    local key = stuck and ("%d %s"):format(stuck.count, stuck.oldest)
    if key ~= last[kind] then
      events:tell("stuck", { type = kind, count = stuck and stuck.count or 0, limit = limit,
        oldest = stuck and stuck.oldest, age = stuck and stuck.age // 1 | 0 or nil })
      last[kind] = key
    end
  end
  local used = found.used >= survey.most and found.used or nil
  if used ~= last.used then
    events:tell("slots", { used = found.used, slots = survey.slots, limit = survey.most })
    last.used = used
  end
end

-- Puts it into the metrics.
function survey.count(found, metrics)
  for kind in pairs(survey.limits) do
    local stuck = found.stuck[kind]
    metrics:set("stuck_actions", { type = kind }, stuck and stuck.count or 0)
  end
  metrics:set("live_response_slots", nil, survey.slots)
  metrics:set("live_response_slots_used", nil, found.used)
end

return survey
