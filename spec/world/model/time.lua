-- Tells when a process was frozen, a store was busy, and a clock stepped.

local M = {}

local HOUR = 3600 + 60  -- seconds until a slot is free again

local function hosts_of(world, store)
  local hosts = { [store] = true }
  for _, process in pairs(world.observation.processes) do
    if process.store == store and process.host then hosts[process.host] = true end
  end
  return hosts
end

-- The times at which the clock of a store, or of a host that uses it, stepped. A store takes its time
-- from the clock of its host when that starts, so a step counts again at a reboot.
local function steps(world, store)
  world.steps = world.steps or {}
  if world.steps[store] then return world.steps[store] end
  local hosts, times = hosts_of(world, store), {}
  for _, event in ipairs(world.observation.events) do
    if event.kind == "fault" and event.what == "clock"
      and (event.host == nil or hosts[event.host] or event.store == store) then
      times[#times + 1] = event.at
    elseif event.kind == "reboot" and hosts[event.host] and times[1] then
      times[#times + 1] = event.at
    end
  end
  world.steps[store] = times
  return times
end

function M.has_step(world, store, from, to)
  for _, at in ipairs(steps(world, store)) do
    if at > from and at <= to then return true end
  end
  return false
end

-- Reports whether the power of a host failed after its clock had stepped: the store does not know
-- how long that took.
function M.has_lost_time(world, store, from, to)
  local hosts, has_stepped = hosts_of(world, store), {}
  for _, event in ipairs(world.observation.events) do
    if event.at > from and event.at <= to and hosts[event.host] then
      if event.kind == "fault" and event.what == "clock" then has_stepped[event.host] = true end
      if event.kind == "reboot" and has_stepped[event.host] then return true end
    end
  end
  return false
end

-- Reports whether the disk of a host was full at a time: its processes could record nothing.
function M.was_full(world, host, at)
  for _, event in ipairs(world.observation.events) do
    if event.kind == "fault" and event.what == "disk full" and event.host == host
      and event.at <= at and at <= (event["until"] or math.huge) then
      return true
    end
  end
  return false
end

-- Reports whether the disk of its host was full at some time while a process ran (until `at`, or its
-- end).
function M.was_full_during(world, process, at)
  for _, event in ipairs(world.observation.events) do
    if event.kind == "fault" and event.what == "disk full" and event.host == process.host
      and event.at <= (at or process.ended or math.huge)
      and (event["until"] or math.huge) >= process.began then
      return true
    end
  end
  return false
end

-- Reports whether the store was locked at the time of this event, and the process interrupted before.
function M.gave_up_store(world, name, number)
  local events, interrupted, is_busy = world.observation.events, false, false
  local process, at = world.observation.processes[name], events[number].at
  for i = 1, number do
    local event = events[i]
    if event.kind == "signal" and event.process == name then interrupted = true end
    if event.kind == "fault" and event.what == "busy" and process and event.store == process.store
      and at <= (event["until"] or math.huge) then
      is_busy = true
    end
  end
  return interrupted and is_busy
end

-- A process that was stopped between its commit and its POST could not know better.
function M.was_frozen(world, post)
  if not post.sent_row then return false end
  for _, event in ipairs(world.observation.events) do
    if event.kind == "frozen" and event.process == post.process
      and event.at >= post.sent_row.at and event.at <= post.sent then
      return true
    end
  end
  return false
end

-- Reports whether a process continued within these seconds before a time.
function M.has_thawed(world, name, at, seconds)
  for _, event in ipairs(world.observation.events) do
    if event.kind == "thawed" and event.process == name
      and event.at <= at and event.at >= at - seconds then
      return true
    end
  end
  return false
end

local function overlap(from, to, first, last)
  return math.max(0, math.min(to, last) - math.max(from, first))
end

-- The intervals in which a process could not run or could not use its store.
function M.pauses(world, name, store)
  local list, frozen = {}, nil
  for _, event in ipairs(world.observation.events) do
    if event.process == name and event.kind == "frozen" then frozen = event.at end
    if event.process == name and event.kind == "thawed" and frozen then
      list[#list + 1] = { frozen, event.at }
      frozen = nil
    end
    if event.kind == "fault" and event.store == store and event["until"] then
      list[#list + 1] = { event.at, event["until"] }
    end
  end
  if frozen then list[#list + 1] = { frozen, math.huge } end
  return list
end

-- Reports whether a process still runs at the end only since its limits are small: its last request was
-- admitted at most an hour before.
function M.waits_for_quota(observation, name)
  local limits = observation.limits and observation.limits.list
  if not limits or limits.hour >= 1500 then return false end
  for i = #observation.events, 1, -1 do
    local event = observation.events[i]
    if event.kind == "request" and event.process == name and event.admitted then
      return event.at >= observation.ended - HOUR
    end
  end
  return false
end

-- The time that a process ran between two times.
function M.running(world, name, store, from, to)
  local length = to - from
  for _, pause in ipairs(M.pauses(world, name, store)) do
    length = length - overlap(from, to, pause[1], pause[2])
  end
  return length
end

return M
