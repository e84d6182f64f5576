-- Checks each POST: written down before, not repeated blindly, nothing launched twice.

local history = require "spec.world.model.history"
local time = require "spec.world.model.time"

local SLACK = 1e-6

local function names(text, id)
  return id ~= nil and text:find(id, 1, true) ~= nil
end

local function is_listed(item, value)
  for _, action in ipairs(type(value) == "table" and value or {}) do
    if action.id == item.id then return true end
    local machine = action.machineId
    if machine and (machine == item.id or machine == item.row.machine) then return true end
  end
  return false
end

-- Reports whether this GET would have shown the item: its action, or the actions of its machine.
local function covers(read, item)
  local event = read.event
  if event.operation == "get" then return event.target == item.id end
  if event.operation ~= "list" then return event.target ~= nil and event.target == item.id end
  local filter = event.query and event.query["$filter"] or ""
  if names(filter, item.id) or names(filter, item.row.machine) then return true end
  if not filter:find("id ", 1, true) and not filter:find("machineId", 1, true) then return true end
  return is_listed(item, event.answer and event.answer.value)
end

-- The answer shows the item, or that the service does not know it. A process that may not read looks
-- for an unknown item with another cancel.
local function is_look(answer, after)
  return answer.status == 200 or answer.status == 404
    or answer.status == 403 and after.answer ~= nil and after.answer.status == 404
end

local function was_read(world, item, after, before)
  for _, read in ipairs(world.reads[item.batch.store] or {}) do
    local answer = read.answer
    if read.at + SLACK >= after.sent and answer and answer.outcome == "delivered"
      and answer.at <= before.sent + SLACK
      and is_look(answer, after) and covers(read, item) then
      return true
    end
  end
  return false
end

local function proven(post, at)
  return post.proves_nothing_done and post.answer.at <= at + SLACK
end

local function second_posts(world, item, report)
  for i = 2, #item.posts do
    local post = item.posts[i]
    for j = i - 1, 1, -1 do
      local before = item.posts[j]
      if not proven(before, post.sent) then
        if not was_read(world, item, before, post) and not time.was_frozen(world, post) then
          report("second post", { before.n, post.n },
            "%s sent %s for %s again without a read since the first one",
            post.process, post.event.operation, item.id)
        end
        break
      end
    end
  end
end

local UNSEEN = 59  -- seconds for which no list may have a launch

-- The service may have carried it out, and the process does not know.
local function is_open(post)
  local answer = post.answer
  return not answer or answer.outcome ~= "delivered" and answer.outcome ~= "refused"
    or (answer.status or 0) >= 500
end

-- A launch whose answer was lost is searched for, for a minute, before it is sent again.
local function early_launches(item, report)
  for i = 2, #item.posts do
    local before, post = item.posts[i - 1], item.posts[i]
    if post.event.operation:find "^launch" and before.event.operation == post.event.operation
      and is_open(before) and post.sent < before.sent + UNSEEN then
      report("early launch", { before.n, post.n }, "%s sent %s for %s again %.0f s after one"
        .. " whose answer was lost", post.process, post.event.operation, item.id,
        post.sent - before.sent)
    end
  end
end

-- An undo may launch another inverse if the first one ended badly.
local function may_follow(world, item, first, second)
  if item.row.decision ~= "undo" then return false end
  local status = history.status_at(world, first.event.action, second.at)
  return status == "Failed" or status == "TimeOut" or status == "Cancelled"
end

local function relaunches(world, item, report)
  local first
  for _, post in ipairs(item.posts) do
    if post.event.effect == "launched" then
      if first and not may_follow(world, item, first, post)
        and not time.was_frozen(world, post) then
        report("relaunch", { first.n, post.n }, "%s was launched twice for %s",
          post.event.operation, item.id)
      end
      first = post
    end
  end
end

local function resent(world, item, report)
  local ended
  for _, entry in ipairs(item.rows) do
    local row = entry.row
    if ended and row.kind == "sent" then
      report("resent", { ended.n, entry.n }, "%s was settled (%s) and is sent again",
        item.id, ended.row.verdict)
    elseif ended and row.kind == "ended" then
      report("two verdicts", { ended.n, entry.n }, "%s ended %s, and then %s",
        item.id, ended.row.verdict, row.verdict)
    elseif row.kind == "ended" and world.SETTLED[row.verdict] then
      ended = entry
    end
  end
  for _, post in ipairs(item.posts) do
    if ended and post.sent > ended.at + SLACK and not time.was_frozen(world, post) then
      report("resent", { ended.n, post.n }, "%s was settled (%s), and then a %s was sent for it",
        item.id, ended.row.verdict, post.event.operation)
    end
  end
end

-- Each POST needs its own `sent` row, unless it repeats one that the service did not carry out.
local function unwritten(world, report)
  for _, post in ipairs(world.posts) do
    if not post.item then
      report("unwritten", { post.n }, "%s sent %s for %s, which was not in the journal before",
        post.process, post.event.operation, tostring(post.event.target))
    end
  end
end

return function(world, report)
  unwritten(world, report)
  for _, item in ipairs(world.items) do
    second_posts(world, item, report)
    relaunches(world, item, report)
    early_launches(item, report)
    resent(world, item, report)
  end
end
