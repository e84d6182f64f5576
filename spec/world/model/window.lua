-- Counts our calls in every window of the service's clock: never more than its limits.
--
-- Only calls that the service counted fill a window; one that it refused with 429 exceeds it if
-- our own calls had filled it. Strangers and other stores are not our calls. A step of the clock
-- of a store excuses the windows that contain it.

local SPANS = { { "minute", 60 }, { "hour", 3600 } }
local SLACK = 1e-6

local function hosts_of(world, store)
  local hosts = { [store] = true }
  for _, process in pairs(world.observation.processes) do
    if process.store == store and process.host then hosts[process.host] = true end
  end
  return hosts
end

local function steps(world, store)
  local hosts, times = hosts_of(world, store), {}
  for _, event in ipairs(world.observation.events) do
    if event.kind == "fault" and event.what == "clock"
      and (event.host == nil or hosts[event.host] or event.store == store) then
      times[#times + 1] = event.at
    end
  end
  return times
end

local function has_step(times, from, to)
  for _, at in ipairs(times) do
    if at > from and at <= to then return true end
  end
  return false
end

-- A process that crashed cannot know when its last requests arrive.
local function arrived_unseen(request)
  local answer = request.answer
  return (not answer or answer.outcome == "gone") and request.at - request.sent > 1
end

local function counts(world, request)
  local event = request.event
  return request.store and event.arrived ~= false and event.bucket
    and world.observation.limits[event.bucket] and (event.admitted or event.status == 429)
    and not arrived_unseen(request)
end

local function by_bucket(world)
  local groups, order = {}, {}
  for _, request in ipairs(world.requests) do
    if counts(world, request) then
      local key = request.store .. "\0" .. request.event.bucket
      if not groups[key] then
        groups[key], order[#order + 1] = {}, key
      end
      table.insert(groups[key], request)
    end
  end
  return groups, order
end

local function check(group, span, limit, times, report)
  local counted, first = {}, 1
  for _, request in ipairs(group) do
    while first <= #counted and counted[first].at <= request.at - span[2] + SLACK do
      first = first + 1
    end
    local number = #counted - first + 2
    if number > limit and not has_step(times, request.at - span[2], request.at) then
      return report("window", { counted[first].n, request.n },
        "%d calls of %s in %d s; the limit is %d", number, request.event.bucket, span[2], limit)
    end
    if request.event.admitted then counted[#counted + 1] = request end
  end
end

return function(world, report)
  local groups, order = by_bucket(world)
  local stepped = {}
  for _, key in ipairs(order) do
    local group = groups[key]
    local store, limits = group[1].store, world.observation.limits[group[1].event.bucket]
    stepped[store] = stepped[store] or steps(world, store)
    for _, span in ipairs(SPANS) do
      local limit = limits[span[1]]
      if limit and #group > limit then check(group, span, limit, stepped[store], report) end
    end
  end
end
