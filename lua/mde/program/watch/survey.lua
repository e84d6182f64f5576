-- Reports stuck actions and used live response slots of a tenant.
--
-- An action is stuck if it is open for longer than the limit of its type. The service runs a limited
-- number of live responses at once.

local failure = require "mde.program.exit"
local kinds = require "mde.service.kinds"

local SLOTS = kinds.of.LiveResponse.at_once
local MOST = SLOTS * 4 // 5

local survey = {}

local function note_stuck(stuck, action, age)
  local found = stuck[action.type] or { count = 0, age = 0 }
  found.count = found.count + 1
  if age > found.age then found.age, found.oldest = age, action.id end
  stuck[action.type] = found
end

-- Returns the stuck ones of open actions, by type: see survey.read.
function survey.stuck(actions)
  local stuck = {}
  for _, action in ipairs(actions) do
    local age, kind = action:age(), kinds.of[action.type] or {}
    if age and age > (kind.stuck_after or math.huge) then note_stuck(stuck, action, age) end
  end
  return stuck
end

-- Reads the open actions. -> { used = live responses in progress, stuck = { type -> { count,
-- oldest = its id, age = its age in seconds } } }. Raises the error.
function survey.read(session)
  local actions = failure.check(session:list { status = kinds.open })
  local found = { used = 0, stuck = survey.stuck(actions) }
  for _, action in ipairs(actions) do
    if action.type == "LiveResponse" and action.status == "InProgress" then
      found.used = found.used + 1
    end
  end
  return found
end

-- Reports changes since the last call. The caller keeps the table `last` between calls.
function survey.tell(found, last, events)
  for _, kind in ipairs(kinds.all) do
    local stuck = found.stuck[kind.type]
    local key = stuck and ("%d %s"):format(stuck.count, stuck.oldest)
    if key ~= last[kind.type] then
      events:tell("stuck", { type = kind.type, count = stuck and stuck.count or 0,
        limit = kind.stuck_after, oldest = stuck and stuck.oldest,
        age = stuck and stuck.age // 1 | 0 or nil })
      last[kind.type] = key
    end
  end
  local used = found.used >= MOST and found.used or nil
  if used ~= last.used then
    events:tell("slots", { used = found.used, slots = SLOTS, limit = MOST })
    last.used = used
  end
end

-- Sets the metrics.
function survey.count(found, metrics)
  for _, kind in ipairs(kinds.all) do
    local stuck = found.stuck[kind.type]
    if kind.stuck_after then
      metrics:set("stuck_actions", { type = kind.type }, stuck and stuck.count or 0)
    end
  end
  metrics:set("live_response_slots", nil, SLOTS)
  metrics:set("live_response_slots_used", nil, found.used)
end

return survey
