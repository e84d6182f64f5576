-- Checks worlds without faults: nothing fails, and a batch takes the time that the limits allow.

local WRONG = { error = true, unknown = true, unsent = true }
local SLACK, SHARE, PARALLEL, RESERVE = 15, 1.01, 10, 0.2

local read_command = require "spec.world.model.command"

-- When the last of so many calls can be sent, after the first one. Windows are kept a second longer
-- than the service's.
local function shortest(number, limits, share)
  local minute, hour = math.floor(limits.minute * share), math.floor(limits.hour * share)
  local times = {}
  for i = 1, number do
    local at = times[i - 1] or 0
    if i > minute then at = math.max(at, times[i - minute] + 61) end
    if i > hour then at = math.max(at, times[i - hour] + 3601) end
    times[i] = at
  end
  return times[number] or 0
end

-- A person may have stopped the batch in the middle of an item.
local function was_stopped(batch)
  for _, entry in ipairs(batch.rows) do
    if entry.row.kind == "stopped" then return true end
  end
  return false
end

local function check_verdicts(world, report)
  for _, item in ipairs(world.items) do
    for _, entry in ipairs(item.rows) do
      if entry.row.kind == "ended" and WRONG[entry.row.verdict] and not was_stopped(item.batch)
      then
        report("faultless", { entry.n }, "%s is %s in a world without faults", item.id,
          entry.row.verdict)
      end
    end
    local first, second = item.posts[1], item.posts[2]
    if second and not first.proves_nothing_done
      and first.process == second.process and item.row.decision ~= "undo" then
      report("faultless", { first.n, second.n }, "%s was sent twice in a world without faults",
        item.id)
    end
  end
end

-- Processes with stores of their own cannot share the limits.
local function check_answers(world, report)
  if #world.store_names > 1 then return end
  for _, request in ipairs(world.requests) do
    if request.process and request.event.status == 429 then
      report("faultless", { request.n }, "%s got 429 for %s in a world without faults",
        request.process, tostring(request.event.operation))
    end
  end
end

-- Another process or batch that used this operation in the hour before the batch or during it.
local function is_shared(world, posts)
  local first, last = posts[1], posts[#posts]
  for _, request in ipairs(world.requests) do
    if request.event.operation == first.event.operation and request.sent >= first.sent - 3600
      and request.sent <= last.sent and not (request.item and request.item.batch == first.item.batch
      and request.process == first.process) then
      return true
    end
  end
  return false
end

-- Reports whether reads of one operation filled a minute's window, so that the items waited for them.
local function waits_for_reads(world, posts, limit)
  local first, last, numbers = posts[1], posts[#posts], {}
  for _, read in ipairs(world.reads[first.store] or {}) do
    if read.sent >= first.sent - 3600 and read.sent <= last.sent then
      local operation = read.event.operation
      numbers[operation] = (numbers[operation] or 0) + 1
      if numbers[operation] >= limit then return true end
    end
  end
  return false
end

-- Reports whether the batch has changes of other kinds, whose cancels its releases wait for.
local function is_mixed(world, posts)
  for _, post in ipairs(world.posts) do
    if post.item and post.item.batch == posts[1].item.batch
      and post.event.operation ~= posts[1].event.operation then
      return true
    end
  end
  return false
end

local function was_delayed(world, posts)
  for _, event in ipairs(world.observation.events) do
    if event.at >= posts[1].sent and event.at <= posts[#posts].sent
      and (event.kind == "typed" or event.kind == "signal" or event.kind == "frozen"
      or event.kind == "fault" or event.kind == "reboot" or event.kind == "crash") then
      return true
    end
  end
  return false
end

local function network_time(posts)
  local sum = 0
  for _, post in ipairs(posts) do
    if post.answer then sum = sum + post.answer.at - post.sent end
  end
  return sum / PARALLEL
end

local function check_time(world, posts, report)
  local first, last = posts[1], posts[#posts]
  local limits = world.observation.limits[first.event.bucket]
  local process = world.observation.processes[first.process]
  if not limits or not process or is_shared(world, posts) or was_delayed(world, posts)
    or is_mixed(world, posts) then
    return
  end
  -- With --wait, the canary of a plan waits for its releases before others are sent.
  local options = read_command(process.argv).options
  local waits = options["--wait"] and first.item.row.decision == "undo"
  if options["--parallel"] or waits then return end
  local share = process.is_attended and 1 or 1 - RESERVE
  if waits_for_reads(world, posts, math.floor(limits.minute * share)) then return end
  local best = math.max(shortest(#posts, limits, share), network_time(posts))
  if last.sent - first.sent > best * SHARE + SLACK then
    report("pace", { first.n, last.n }, "%s sent %d items in %d s; the limits allow %d s",
      first.process, #posts, math.ceil(last.sent - first.sent), math.floor(best))
  end
end

local function by_run(world)
  local groups, order = {}, {}
  for _, post in ipairs(world.posts) do
    if post.item then
      local batch = post.item.batch
      local key = table.concat(
        { batch.store, batch.number, post.process, post.event.operation }, "\0")
      if not groups[key] then
        groups[key], order[#order + 1] = {}, key
      end
      table.insert(groups[key], post)
    end
  end
  return groups, order
end

return function(world, report)
  if world.observation.is_faulty ~= false then return end
  check_verdicts(world, report)
  check_answers(world, report)
  local groups, order = by_run(world)
  for _, key in ipairs(order) do check_time(world, groups[key], report) end
end
