-- Checks that a process which waits for the quota gets its turn: it took no slot lately.
--
-- A batch that has begun and sends nothing at all waits for the quota. Meanwhile another process of
-- the store, with the same share of it, gets few slots.

local BEFORE, KNOWN, MOST, WAITED = 180, 4, 3, 5

local function posts_of(world, store, bucket)
  local list = {}
  for _, post in ipairs(world.posts) do
    if post.store == store and post.event.bucket == bucket then list[#list + 1] = post end
  end
  return list
end

local function first_request(world, process, from)
  for _, request in ipairs(world.requests) do
    if request.process == process and request.sent > from then return request end
  end
end

-- All answers of the time are good, so that nothing but the quota holds a process back.
local function are_well(posts, from, to)
  for _, post in ipairs(posts) do
    if post.sent > from and post.sent < to
      and not (post.answer and post.answer.outcome == "delivered" and post.answer.status < 429) then
      return false
    end
  end
  return true
end

local function has_fault(world, from, to)
  for _, event in ipairs(world.observation.events) do
    if event.at < to and (event["until"] or event.at) > from
      and (event.kind == "fault" or event.kind == "frozen" or event.kind == "crash"
      or event.kind == "signal" or event.kind == "reboot" or event.stranger) then
      return true
    end
  end
  return false
end

local function check(world, run, report)
  local waiting = world.observation.processes[run.process]
  local first = waiting and first_request(world, run.process, run.at)
  if not first or not first.is_post or first.sent < run.at + WAITED then return end
  local posts = posts_of(world, waiting.store, first.event.bucket)
  local from, to = run.at - BEFORE, first.sent
  if not are_well(posts, from, to) or has_fault(world, from, to) then return end
  local numbers, most = {}, 0
  for _, post in ipairs(posts) do
    local other = world.observation.processes[post.process]
    if post.process == run.process and post.sent < to and post.sent > from then return end
    if post.sent > run.at + KNOWN and post.sent < to and other
      and other.is_attended == waiting.is_attended then
      numbers[post.process] = (numbers[post.process] or 0) + 1
      most = math.max(most, numbers[post.process])
    end
  end
  if most > MOST then
    report("turns", { run.n, first.n }, "%s waited %d s for a slot of %s, while another process got"
      .. " %d", run.process, math.floor(to - run.at), first.event.bucket, most)
  end
end

return function(world, report)
  for _, batch in ipairs(world.all_batches) do
    for _, run in ipairs(batch.rows) do
      if run.row.kind == "begun" then check(world, run, report) end
    end
  end
end
