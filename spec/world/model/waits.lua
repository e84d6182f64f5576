-- Checks the waits of doc/waits.md: none is longer than its bound, and none ends early.

local grouped = require "spec.world.model.grouped"
local read_command = require "spec.world.model.command"
local time = require "spec.world.model.time"

-- A failed read is repeated after a pause that grows, or after Retry-After

local SOON, LEEWAY = 0.3, 0.99
local LONGEST = 60  -- seconds that a read of an open breaker waits at most
local FAILED = { lost = true, timeout = true, refused = true }

local function has_failed(request)
  local answer = request.answer
  return answer ~= nil and (FAILED[answer.outcome] or (answer.status or 0) >= 500)
end

-- GETs of one action by one process, in their order.
local function reads_of_actions(world)
  return grouped(world.requests, function(request)
    return request.process and request.event.operation == "get"
      and request.process .. "\0" .. request.event.target
  end)
end

local function is_soon(before, read)
  return before ~= nil and before.answer ~= nil and read.sent - before.answer.at < SOON
end

-- With --wait an item reads its action beside the canary, each with its own pauses.
local function readers(world, name)
  local process = world.observation.processes[name]
  return process and read_command(process.argv).options["--wait"] and 2 or 1
end

local SILENT = { [401] = true, [429] = true }  -- answers that do not tell whether the service works

-- A request with an effect was answered since the read, perhaps to another process of the store: the
-- service works again.
local function works_again(world, before, read)
  for _, post in ipairs(world.posts) do
    local answer = post.answer
    if post.store == read.store and post.sent > before.answer.at and answer
      and answer.outcome == "delivered" and answer.status < 500 and not SILENT[answer.status]
      and answer.at <= read.sent then
      return true
    end
  end
  return false
end

local function check_repetition(world, reads, report)
  local soon, number = 0, readers(world, reads[1].process)
  for i = 2, #reads do
    local before, read = reads[i - 1], reads[i]
    local pause = before.answer and read.sent - before.answer.at
    local asked = math.min(before.answer and before.answer.retry_after or 0, LONGEST)
    if not has_failed(before) then
      soon = 0
    elseif before.answer.status == 503 and pause < asked * LEEWAY
      and not works_again(world, before, read) then
      return report("retry", { before.n, read.n },
        "%s reads %s again after %.1f s; the service asked to wait %d s", read.process,
        read.event.target, pause, asked)
    elseif pause >= SOON or number > 1 and not is_soon(reads[i - number], read) then
      soon = 0
    else
      soon = soon + 1
      if soon >= 2 then
        return report("retry", { reads[i - 2].n, before.n, read.n },
          "%s reads %s again and again without a pause", read.process, read.event.target)
      end
    end
  end
end

-- A batch gives up after --give-up

local GIVE_UP, PROBE, FULL = 1800, 90, 100

local UNITS = { s = 1, m = 60, h = 3600 }

local function seconds_of(text)
  local number, unit = (text or ""):match "^(%d+)([smh])$"
  return number and number * UNITS[unit] or GIVE_UP
end

local function was_answered(post)
  local answer = post.answer
  return answer ~= nil and not FAILED[answer.outcome] and answer.outcome ~= "gone"
    and (answer.status or 0) < 500
end

-- An outage in which no request is answered.
local function outages(world)
  local list = {}
  for n, event in ipairs(world.observation.events) do
    if event.kind == "fault" and event.what == "outage" and event["until"] then
      list[#list + 1] = { n = n, from = event.at, to = event["until"] }
    end
  end
  return list
end

-- When five different items had failed in the outage | nil
local function opened_at(posts, outage)
  local seen, number = {}, 0
  for _, post in ipairs(posts) do
    local answer = post.answer
    if post.sent >= outage.from and answer and answer.at <= outage.to
      and not was_answered(post) and not seen[post.event.target] then
      seen[post.event.target], number = true, number + 1
      if number == 5 then return answer.at end
    end
  end
end

-- The time that a process waited in vain for the answer to its last read, which it sends when it stops.
local function last_timeout(world, process, last)
  for _, request in ipairs(world.requests) do
    local answer = request.answer
    if request.process == process.name and not request.is_post and answer
      and answer.outcome == "timeout" and answer.at >= last - 2 then
      return answer.at - request.sent
    end
  end
  return 0
end

-- With small limits a process waits for the quota of reads, which is no failure.
local function check_give_up(world, posts, outage, report)
  local process = world.observation.processes[posts[1].process]
  local limits = world.observation.limits.get
  if limits and limits.minute < FULL then return end
  local opened = opened_at(posts, outage)
  if not process or not opened then return end
  local limit = seconds_of(read_command(process.argv).options["--give-up"]) + PROBE
  local last = math.min(process.ended or world.observation.ended, outage.to)
  limit = limit + last_timeout(world, process, last)
  if time.running(world, process.name, process.store, opened, last) > limit then
    report("give up", { outage.n }, "%s still runs %d s after the service began to fail",
      process.name, math.floor(last - opened))
  end
end

local function posts_by_process(world)
  local groups, order = {}, {}
  for _, post in ipairs(world.posts) do
    local key = post.process .. "\0" .. post.event.operation
    if not groups[key] then
      groups[key], order[#order + 1] = {}, key
    end
    table.insert(groups[key], post)
  end
  return groups, order
end

-- The store: 60 s; Ctrl-C: 60 s for requests in flight

local STORE, STOP, IDLE = 60, 150, 15

local function first_interrupt(world, name)
  for n, event in ipairs(world.observation.events) do
    if event.kind == "signal" and event.process == name then return event, n end
  end
end

local function check_store(process, interrupt, report)
  local waited = tonumber((process.err or ""):match "mde%.db: locked by .- for (%d+) s")
  if waited and waited < STORE - 1 and not interrupt then
    report("store", {}, "%s gave up the locked store after %d s; the limit is %d s", process.name,
      waited, STORE)
  end
end

local function check_stop(world, process, interrupt, n, report)
  if not interrupt or not process.ended then return end
  local ran = time.running(world, process.name, process.store, interrupt.at, process.ended)
  if ran > STOP then
    report("interrupted", { n }, "%s ran for %d s after Ctrl-C", process.name, math.floor(ran))
  end
end

local function has_full_disk(world)
  for _, event in ipairs(world.observation.events) do
    if event.kind == "fault" and event.what == "disk full" then return true end
  end
  return false
end

-- The requests of a process with their answers, and the moments at which a person answered it.
-- -> array of { from, to }, in order
local function busy_times(world, process)
  local list = {}
  for _, request in ipairs(world.requests) do
    if request.process == process.name and request.answer then
      list[#list + 1] = { request.sent, request.answer.at }
    end
  end
  for _, event in ipairs(world.typed[process.name] or {}) do
    list[#list + 1] = { event.at, event.at }
  end
  list[#list + 1] = { process.ended, process.ended }
  table.sort(list, function(a, b) return a[1] < b[1] end)
  return list
end

-- After Ctrl-C only requests in flight are waited for.
local function check_idle(world, process, interrupt, n, report)
  if not interrupt or not process.ended or has_full_disk(world) then return end
  local last = interrupt.at
  for _, busy in ipairs(busy_times(world, process)) do
    if time.running(world, process.name, process.store, last, busy[1]) > IDLE then
      return report("interrupted", { n },
        "%s ran for %d s after Ctrl-C without a request in flight", process.name,
        math.floor(busy[1] - last))
    end
    last = math.max(last, busy[2])
  end
end

return function(world, report)
  local groups, order = reads_of_actions(world)
  for _, key in ipairs(order) do check_repetition(world, groups[key], report) end
  groups, order = posts_by_process(world)
  for _, outage in ipairs(outages(world)) do
    for _, key in ipairs(order) do check_give_up(world, groups[key], outage, report) end
  end
  for _, name in ipairs(world.process_names) do
    local process = world.observation.processes[name]
    local interrupt, n = first_interrupt(world, name)
    check_store(process, interrupt, report)
    check_stop(world, process, interrupt, n, report)
    check_idle(world, process, interrupt, n, report)
  end
end
