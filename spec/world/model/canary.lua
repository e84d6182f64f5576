-- Checks the canary: ten items of each change end or are accepted before the others are sent.

local history = require "spec.world.model.history"
local read_command = require "spec.world.model.command"

local SIZE, FROM, SLACK = 10, 50, 1e-6
-- At a terminal, their canary is shown to a person, who is asked again.
local DRASTIC = { isolate = true, restrict = true, quarantine = true, offboard = true }
local BAD = { error = true, forbidden = true, not_found = true, refused = true, unknown = true }

-- The number of items of each change the process carries out first; nil: no canary.
local function size_of(world, batch)
  if #batch.list <= FROM then return nil end
  local process = world.observation.processes[batch.creator]
  if not process then return nil end
  local option = read_command(process.argv).options["--canary"]
  if option == "off" then return nil end
  local size = option and tonumber(option) or SIZE
  return size > 0 and size or nil
end

-- An undo of a pending action is a cancel, of another one a release.
local function change_of(item)
  local change = item.row.decision or "cancel"
  return change == "undo" and item.row.expected ~= "Pending" and "release" or change
end

-- The verdict of an item in the creator's run, until a time | nil
local function end_of(batch, item, at, n)
  for _, entry in ipairs(item.rows) do
    if entry.row.kind == "ended" and entry.process == batch.creator
      and entry.at <= at + SLACK and entry.n < n then
      return { item = item, n = entry.n, verdict = entry.row.verdict }
    end
  end
end

local REFUSALS = { [401] = true, [429] = true }

-- The ids of the actions that an item has launched, or has found in place of that.
local function launches_of(item)
  local ids = {}
  for _, post in ipairs(item.posts) do ids[#ids + 1] = post.event.action end
  for _, entry in ipairs(item.rows) do ids[#ids + 1] = entry.row.launched end
  return ids
end

-- A read that shows what a change without an answer has done, until a time | nil
local function finding_of(world, item, at)
  for _, id in ipairs(item.posts[1] and launches_of(item) or {}) do
    for _, read in ipairs(world.reads[item.batch.store] or {}) do
      local answer = read.answer
      if read.sent >= item.posts[1].sent and answer and answer.outcome == "delivered"
        and answer.at <= at + SLACK and history.shown(read.event.answer, id) then
        return { item = item, n = read.answer_n }
      end
    end
  end
end

-- The answer of the service to a change of an item, until a time | nil. An accepted change has not
-- ended.
local function acceptance_of(item, at)
  for _, post in ipairs(item.posts) do
    local answer = post.answer
    if answer and answer.outcome == "delivered" and answer.at <= at + SLACK
      and answer.status < 500 and not REFUSALS[answer.status] then
      return { item = item, n = post.answer_n }
    end
  end
end

-- The first of these that there is, with the verdict of the end.
local function first_of(ended, accepted, found)
  local first = ended
  for _, other in ipairs { accepted or found, found } do
    if not first or other.n < first.n then first = other end
  end
  return first and { item = first.item, n = first.n, verdict = ended and ended.verdict }
end

-- The items of the creator's run that have ended or were accepted until a time, in this order.
local function ended_by(world, batch, at, n)
  local list = {}
  for _, item in ipairs(batch.list) do
    local found = first_of(end_of(batch, item, at, n), acceptance_of(item, at),
      finding_of(world, item, at))
    if found then list[#list + 1] = found end
  end
  table.sort(list, function(a, b) return a.n < b.n end)
  return list
end

local function canary_of(ended, change, size)
  local number, bad = 0, 0
  for _, entry in ipairs(ended) do
    if number < size and change_of(entry.item) == change then
      number = number + 1
      if BAD[entry.verdict] then bad = bad + 1 end
    end
  end
  return number, bad
end

local function typed_since(world, process, from, at)
  for _, event in ipairs(world.typed[process] or {}) do
    local is_yes = (event.text or ""):lower():find "^%s*[y%d]"
    if is_yes and event.at >= from and event.at <= at + SLACK then return true end
  end
  return false
end

-- A release waits for the cancels of its machine. If one of them came after the canary of the
-- cancels, the release could not be part of the canary.
local function has_waited(ended, item, size)
  local numbers = {}
  for _, entry in ipairs(change_of(item) == "release" and ended or {}) do
    local change = change_of(entry.item)
    numbers[change] = (numbers[change] or 0) + 1
    if change ~= "release" and numbers[change] > size
      and entry.item.row.machine == item.row.machine then
      return true
    end
  end
  return false
end

local function check_post(world, batch, post, size, report)
  local change = change_of(post.item)
  local ended = ended_by(world, batch, post.sent, post.n)
  local number, bad = canary_of(ended, change, size)
  if number < size and not has_waited(ended, post.item, size) then
    report("canary", { post.n }, "%s sends more than %d items before these have ended (%d have)",
      post.process, size, number)
    return true
  elseif bad > 1 and not typed_since(world, post.process, batch.rows[1].at, post.sent) then
    report("canary", { post.n }, "%s goes on although %d of its first %d items ended badly",
      post.process, bad, size)
    return true
  elseif DRASTIC[change] and world.observation.processes[post.process].is_attended
    and not typed_since(world, post.process, batch.rows[1].at, post.sent) then
    report("canary", { post.n }, "%s goes on to %s without a question", post.process, change)
    return true
  end
end

-- The POST with which an item beyond the canary is first sent; the later ones need no look.
local function check_batch(world, batch, size, report)
  local seen, numbers = {}, {}
  for _, post in ipairs(world.posts) do
    local item = post.item
    if item and item.batch == batch and post.process == batch.creator and not seen[item] then
      seen[item] = true
      local change = change_of(item)
      numbers[change] = (numbers[change] or 0) + 1
      if numbers[change] > size and check_post(world, batch, post, size, report) then return end
      if numbers[change] > 3 * size then return end
    end
  end
end

return function(world, report)
  for _, batch in ipairs(world.all_batches) do
    local size = size_of(world, batch)
    if size then check_batch(world, batch, size, report) end
  end
end
