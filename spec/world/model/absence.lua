-- Tells whether an item may be said to be not found.

local history = require "spec.world.model.history"

local SLACK, LAG = history.SLACK, history.LAG
local APART = 9  -- seconds between two reads, which are ten

-- The first cancel, sent by then, that was answered 404.
local function refused_post(item, at)
  for _, post in ipairs(item.posts) do
    if post.sent <= at + SLACK and post.event.status == 404 then return post end
  end
end

local function reads_of(world, item, at)
  local list = {}
  for _, read in ipairs(world.reads[item.batch.store] or {}) do
    local event = read.event
    local filter = event.query and event.query["$filter"] or ""
    if read.answer and read.answer.outcome == "delivered" and read.answer.at <= at + SLACK
      and (event.target == item.id or filter:find(item.id, 1, true)) then
      list[#list + 1] = read
    end
  end
  return list
end

-- The service may answer the cancel of an action that ended with 404. A process that may not read
-- takes two such answers, ten seconds apart, for two reads.
local function was_told_twice(world, item, entry)
  local first, last
  for _, post in ipairs(item.posts) do
    if post.answer and post.answer.at <= entry.at + SLACK then
      if post.answer.outcome ~= "delivered" or post.answer.status ~= 404 then return false end
      first, last = first or post, post
    end
  end
  for _, read in ipairs(reads_of(world, item, entry.at)) do
    if read.answer.status ~= 403 then return false end
  end
  return first ~= nil and last.sent - first.sent >= APART
    and history.is_final(history.status_at(world, item.id, first.sent))
end

local function not_found(world, item, entry)
  if was_told_twice(world, item, entry) then return end
  local created = history.created(world, item.id)
  if created and created < entry.at - LAG then return "the service has it" end
  if world.observation.machines[item.id] then return "the service has the machine" end
  local reads = reads_of(world, item, entry.at)
  local refused = refused_post(item, entry.at)
  if refused and refused.answer then table.insert(reads, 1, refused) end
  if #reads < 2 or reads[#reads].at - reads[1].at < APART then
    return "it was not read twice, ten seconds apart"
  end
end

return not_found
