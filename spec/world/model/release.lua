-- Checks each release of an undo: no other person wants the machine isolated.
--
-- An isolation counts if its requestor is another one than that of the action that is undone, if
-- it is not itself undone, and if the process could know of it: it is older than a minute, or an
-- answer to the process showed it.

local history = require "spec.world.model.history"

local LAG = 60
local WANTS = { Pending = true, InProgress = true, Succeeded = true }

local function has_item(batch, id)
  for _, other in ipairs(batch.list) do
    if other.id == id then return true end
  end
  return false
end

-- The batch of the store that the plan of an item undoes | nil
local function undone_batch(world, item)
  local process = world.observation.processes[item.batch.creator] or {}
  for _, name in ipairs(world.process_names) do
    local intent = world.observation.processes[name].intent or {}
    if intent.what == "undo" and intent.batch and intent.path == (process.intent or {}).path then
      for _, batch in ipairs(world.all_batches) do
        if batch.store == item.batch.store and batch.row.name == intent.batch then return batch end
      end
    end
  end
end

-- The same undo, or the batch that it undoes, has this action too; or the policy undoes it: its
-- plan leaves out actions of machines that it releases already.
local function is_undone_too(world, item, id)
  local creator = world.observation.processes[item.batch.creator] or {}
  if (creator.intent or {}).undoes == world.observation.actions[id].type then return true end
  local batch = undone_batch(world, item)
  return has_item(item.batch, id) or batch ~= nil and has_item(batch, id)
end

local function was_released(world, id, inverse, at)
  local action = world.observation.actions[id]
  for _, other in ipairs(history.on_machine(world, action.machineId, inverse)) do
    if history.created(world, other) > history.created(world, id)
      and history.status_at(world, other, at) == "Succeeded" then
      return true
    end
  end
  return false
end

local function was_shown(world, id, post)
  for _, read in ipairs(world.reads[post.store] or {}) do
    local answer = read.answer
    if read.process == post.process and answer and answer.outcome == "delivered"
      and answer.at <= post.sent and history.shown(read.event.answer, id) then
      return true
    end
  end
  return false
end

local function wants(world, item, undone, id, post)
  local action = world.observation.actions[id]
  if id == item.id or action.requestor == undone.requestor or is_undone_too(world, item, id) then
    return false
  end
  local created, status = history.created(world, id), history.status_at(world, id, post.sent)
  if not created or created >= post.sent or not WANTS[status] then return false end
  if created < history.created(world, item.id) and status ~= "Succeeded" then return false end
  return not was_released(world, id, history.INVERSE[undone.type], post.sent)
    and (created < post.sent - LAG or was_shown(world, id, post))
end

local function has_ended(item, post)
  for i = #item.rows, 1, -1 do
    local entry = item.rows[i]
    if entry.n < post.n then return entry.row.kind == "ended" end
  end
  return true
end

-- A release that begins with a cancel: an undo of an action that was InProgress.
local function releases(item)
  return item.row.decision == "undo" and item.row.expected ~= "Pending"
end

-- Cancels on a machine end before it is released, since both may cross. An isolation that was to be
-- cancelled may turn out to have succeeded; it waits for none.
local function check_cancels(world, post, machine, report)
  if not releases(post.item) then return end
  for _, other in ipairs(post.item.batch.list) do
    local action = world.observation.actions[other.id]
    local first = other.posts[1]
    if other ~= post.item and action and action.machineId == machine and first
      and first.event.operation == "cancel" and first.process == post.process
      and first.sent < post.sent and not releases(other) and not has_ended(other, post) then
      report("crossing", { first.n, post.n }, "%s released %s before its cancel of %s had ended",
        post.process, machine, other.id)
    end
  end
end

local BEGUN = { InProgress = true, Succeeded = true }

-- An action that was cancelled before it began has no effect to undo.
local function check_need(world, post, report)
  local id = post.item.id
  local has_begun = false
  for _, change in ipairs(world.histories[id] or {}) do
    has_begun = has_begun or BEGUN[change.status]
  end
  if not has_begun then
    report("needless", { post.n }, "%s undoes %s, which never began", post.process, id)
  end
end

return function(world, report)
  for _, post in ipairs(world.posts) do
    local item = post.item
    local undone = item and item.row.decision == "undo" and world.observation.actions[item.id]
    if undone and post.event.operation:find "^launch:un" then
      check_cancels(world, post, undone.machineId, report)
      check_need(world, post, report)
      for _, id in ipairs(history.on_machine(world, undone.machineId, undone.type)) do
        if wants(world, item, undone, id, post) then
          report("release", { post.n }, "%s released %s, which %s also isolates (%s)",
            post.process, undone.machineId, tostring(world.observation.actions[id].requestor), id)
        end
      end
    end
  end
end
