-- Checks the breaker: after five failures in a row one item at a time is sent, with pauses.
--
-- A failure is a POST without an answer, or with HTTP 5xx. The pauses are 1, 2, 4 … 60 s; half of
-- each is required here, since the clock of a store may be inexact.

local time = require "spec.world.model.time"

local GIVE_UP = 1800  -- seconds after which a store may have forgotten that the service failed
local LIMIT, LONGEST, LEEWAY, UNDER_WAY = 5, 60, 0.5, 10
local KNOWN = 1.2  -- seconds until another process knows of a failure
local TRIED = 3    -- seconds until it knows that one item at a time is sent
local FAILURES = { lost = true, timeout = true, refused = true }

local function is_failure(post)
  local answer = post.answer
  return FAILURES[answer.outcome]
    or (answer.status or 0) >= 500 and (answer.outcome == "delivered" or answer.outcome == "proxy")
end

-- The order at one moment: an answer lets others be sent, but not its own POST. What a process finds
-- after a wait it takes in any order, so a success may come last.
local function rank(moment)
  if moment.is_sent then return 2 end
  if moment.post.sent == moment.at then return 3 end
  return is_failure(moment.post) and 0 or 1
end

-- When a process takes an answer: not while it is frozen or its store is locked.
local function taken_at(world, post)
  local at = post.answer.at
  for _, pause in ipairs(time.pauses(world, post.process, post.store)) do
    if pause[1] <= at and at < pause[2] then at = pause[2] end
  end
  return at
end

local function moments_of(world, posts)
  local moments = {}
  for _, post in ipairs(posts) do
    moments[#moments + 1] = { at = post.sent, post = post, is_sent = true, n = post.n }
    if post.answer then
      local at = math.max(taken_at(world, post), post.sent + 1e-6)
      moments[#moments + 1] = { at = at, post = post, n = post.answer_n }
    end
  end
  table.sort(moments, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    if rank(a) ~= rank(b) then return rank(a) < rank(b) end
    return a.n < b.n
  end)
  return moments
end

local function reset(state)
  state.targets, state.number, state.opened, state.probes = {}, 0, nil, 0
end

local function note_failure(state, post, at)
  -- A request that was sent before the breaker opened may fail long after.
  if state.opened and post.sent <= state.opened.at + LEEWAY then return end
  state.last = { at = at, n = post.answer_n, process = post.process }
  if state.opened then
    state.probes = state.probes + 1
    return
  end
  if not state.targets[post.event.target] then
    state.targets[post.event.target] = true
    state.number = state.number + 1
  end
  if state.number >= LIMIT then state.opened = { at = at, n = post.answer_n } end
end

-- The number of the last commit of each process.
local function last_commits(world)
  local last = {}
  for n, event in ipairs(world.observation.events) do
    if event.kind == "journal" and event.process then last[event.process] = n end
  end
  return last
end

-- A process tells others nothing of an answer if it crashed before, or if its disk is full; nothing of
-- a failure if it could not commit after it: it crashed, or its store was locked until it ended.
local function is_recorded(world, post)
  local process = world.observation.processes[post.process]
  world.last_commits = world.last_commits or last_commits(world)
  return post.answer.outcome ~= "gone"
    and not (process and time.was_full(world, process.host, post.answer.at))
    and not (is_failure(post) and (world.last_commits[post.process] or 0) < post.answer_n)
end

local function note_answer(world, state, moment)
  local post = moment.post
  state.under_way[post] = nil
  if not is_recorded(world, post) then return end
  if is_failure(post) then note_failure(state, post, moment.at) else reset(state) end
end

local function is_single(post)
  return post.item and #post.item.batch.list == 1
end

-- Another item that tries whether the service answers; two processes may have the same one.
local function other_probe(state, target)
  for post in pairs(state.under_way) do
    if post.event.target ~= target and post.sent > state.opened.at + LEEWAY
      and post.answer and post.answer.outcome ~= "gone" then
      return post
    end
  end
end

-- Reports whether a read of the process was answered since a failure. After HTTP 429 none is needed.
local function has_read(world, post, failed_at)
  for _, request in ipairs(world.requests) do
    local answer = request.answer
    if request.process == post.process and answer and answer.at <= post.sent + 1e-6
      and answer.at > failed_at - LEEWAY
      and (answer.outcome == "delivered" or answer.outcome == "proxy")
      and (answer.status == 429 or request.event.method == "GET" and answer.status < 500) then
      return true
    end
  end
  return false
end

-- A process learns of a failure of another one with its own requests.
local function may_know(world, post, state)
  if state.last.process == post.process then return true end
  for _, request in ipairs(world.requests) do
    if request.process == post.process and request.sent > state.opened.at
      and request.sent < post.sent then
      return true
    end
  end
  return false
end

local function check_send(world, state, post, report)
  local opened = state.opened
  if not opened or post.sent <= opened.at + LEEWAY or is_single(post)
    or post.sent > state.last.at + GIVE_UP or time.was_frozen(world, post)
    or time.has_thawed(world, post.process, post.sent, TRIED)
    or time.has_step(world, post.store, opened.at - LONGEST, post.sent) then
    return
  end
  local other = other_probe(state, post.event.target)
  local recorded = post.sent_row and post.sent_row.at or post.sent
  if recorded > opened.at + KNOWN and may_know(world, post, state)
    and not has_read(world, post, state.last.at) then
    report("breaker", { opened.n, state.last.n, post.n },
      "%s sends without a read since the last failure", post.process)
    return true
  end
  local pause = math.min(LONGEST, 2 ^ state.probes)
  if other and recorded > opened.at + TRIED then
    report("breaker", { opened.n, other.n, post.n },
      "%s sends while another request tries whether %s answers again", post.process,
      post.event.operation)
    return true
  elseif not other and post.sent < state.last.at + pause / 2
    and (state.last.process == post.process or recorded > state.last.at + KNOWN) then
    report("breaker", { opened.n, state.last.n, post.n },
      "%s sends %.1f s after a failure; the pause is %d s", post.process,
      post.sent - state.last.at, pause)
    return true
  end
end

local function check_group(world, posts, report)
  local state = { under_way = {} }
  reset(state)
  for _, moment in ipairs(moments_of(world, posts)) do
    if moment.is_sent then
      if check_send(world, state, moment.post, report) then return end
      state.under_way[moment.post] = true
    else
      note_answer(world, state, moment)
    end
  end
end

local function check_breakers(world, report)
  local groups, order = {}, {}
  for _, post in ipairs(world.posts) do
    if post.store then
      local key = post.store .. "\0" .. post.event.operation
      if not groups[key] then
        groups[key], order[#order + 1] = {}, key
      end
      table.insert(groups[key], post)
    end
  end
  for _, key in ipairs(order) do check_group(world, groups[key], report) end
end

-- The number of items that an answer answers: a list that was asked for ids, as many as it shows.
local function items_in(request)
  local filter = request.event.query and request.event.query["$filter"] or ""
  local answer = request.event.answer
  if filter:find "%f[%a]id%s" and type(answer) == "table" and type(answer.value) == "table" then
    return #answer.value
  end
  return 1
end

-- The times at which items of each process were answered.
local function delivered(world)
  local times = {}
  for _, request in ipairs(world.requests) do
    local answer = request.answer
    if request.process and answer and answer.outcome == "delivered"
      and request.event.operation ~= "sign_in" then
      times[request.process] = times[request.process] or {}
      for _ = 1, items_in(request) do table.insert(times[request.process], answer.at) end
    end
  end
  for _, list in pairs(times) do table.sort(list) end
  return times
end

local function check_start(posts, answers, report)
  local tenth = answers and answers[UNDER_WAY] or math.huge
  for i, post in ipairs(posts) do
    if post.sent + 1e-6 >= tenth then return end
    local number = 1
    for j = 1, i - 1 do
      local answer = posts[j].answer
      local is_open = not answer or answer.at > post.sent
      if is_open and posts[j].sent <= post.sent then number = number + 1 end
    end
    if number > UNDER_WAY then
      report("breaker", { posts[1].n, post.n },
        "%s has %d requests in flight before ten were answered", post.process, number)
      return
    end
  end
end

local function check_starts(world, report)
  local answers, groups, order = delivered(world), {}, {}
  for _, post in ipairs(world.posts) do
    if not groups[post.process] then
      groups[post.process], order[#order + 1] = {}, post.process
    end
    table.insert(groups[post.process], post)
  end
  for _, name in ipairs(order) do check_start(groups[name], answers[name], report) end
end

return function(world, report)
  check_breakers(world, report)
  check_starts(world, report)
end
