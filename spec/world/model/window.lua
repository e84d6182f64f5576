-- Counts our calls in every window of the service's clock: never more than its limits.
--
-- Only calls that the service counted fill a window; one that it refused with 429 exceeds it if
-- our own calls had filled it. Strangers and other stores are not our calls. A step of the clock
-- of a store excuses the windows that contain it.

local grouped = require "spec.world.model.grouped"
local time = require "spec.world.model.time"

local SPANS = { { "minute", 60 }, { "hour", 3600 } }
local SLACK = 1e-6

-- A process that crashed cannot know when its last requests arrive.
local function arrived_unseen(request)
  local answer = request.answer
  return (not answer or answer.outcome == "gone") and request.at - request.sent > 1
end

-- Reads go on without the store if its disk is full.
local function is_unnoted(world, request)
  local process = world.observation.processes[request.process]
  return not request.is_post and process and time.was_full_during(world, process)
end

local function counts(world, request)
  local event = request.event
  return request.store and event.arrived ~= false and event.bucket
    and world.observation.limits[event.bucket] and (event.admitted or event.status == 429)
    and not arrived_unseen(request) and not is_unnoted(world, request)
end

local function by_bucket(world)
  return grouped(world.requests, function(request)
    return counts(world, request) and request.store .. "\0" .. request.event.bucket
  end)
end

local function check(world, group, span, limit, report)
  local counted, first = {}, 1
  for _, request in ipairs(group) do
    while first <= #counted and counted[first].at <= request.at - span[2] + SLACK do
      first = first + 1
    end
    local number = #counted - first + 2
    if number > limit
      and not time.has_step(world, request.store, request.at - span[2], request.at) then
      return report("window", { counted[first].n, request.n },
        "%d calls of %s in %d s; the limit is %d", number, request.event.bucket, span[2], limit)
    end
    if request.event.admitted then counted[#counted + 1] = request end
  end
end

return function(world, report)
  local groups, order = by_bucket(world)
  for _, key in ipairs(order) do
    local group = groups[key]
    local limits = world.observation.limits[group[1].event.bucket]
    for _, span in ipairs(SPANS) do
      local limit = limits[span[1]]
      if limit and #group > limit then check(world, group, span, limit, report) end
    end
  end
end
