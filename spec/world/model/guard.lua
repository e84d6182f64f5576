-- Checks the guards: a run of a batch that exceeds one sends nothing, unless it was overridden.

local history = require "spec.world.model.history"
local read_command = require "spec.world.model.command"

local LAG, BEGINS = 60, 1  -- seconds

-- The runs of a batch: each begins with a row `begun` or `resumed`.
local function runs_of(batch)
  local runs = {}
  for _, entry in ipairs(batch.rows) do
    if entry.row.kind == "begun" or entry.row.kind == "resumed" then runs[#runs + 1] = entry end
  end
  return runs
end

local function is_settled_before(world, item, n)
  for _, entry in ipairs(item.rows) do
    if entry.n < n and entry.row.kind == "ended" and world.SETTLED[entry.row.verdict] then
      return true
    end
  end
  return false
end

-- An item of a plan whose action has changed is no change.
local function is_set_aside(world, item)
  local last = world.verdict_of(item)
  return not item.posts[1] and last ~= nil
    and (last.row.verdict == "changed" or last.row.verdict == "skipped")
end

local function open_items(world, batch, n)
  local list = {}
  for _, item in ipairs(batch.list) do
    if not (is_settled_before(world, item, n) or is_set_aside(world, item)) then
      list[#list + 1] = item
    end
  end
  return list
end

local function first_post(world, batch, run)
  for _, post in ipairs(world.posts) do
    if post.item and post.item.batch == batch and post.process == run.process
      and post.sent >= run.at then
      return post
    end
  end
end

local function has_tag(tags, tag)
  for _, each in ipairs(tags or {}) do
    if each == tag then return true end
  end
  return false
end

local function machine_of(world, item)
  local action = world.observation.actions[item.id]
  return item.row.machine or action and action.machineId or item.id
end

local DONE = { accepted = true, undo_accepted = true }

-- An earlier run changed the machine, and this one sends nothing for it: it only reads the result.
local function is_only_read(item, run)
  local last
  for _, entry in ipairs(item.rows) do
    if entry.n < run.n then last = entry.row end
  end
  for _, post in ipairs(item.posts) do
    if post.n > run.n and post.process == run.process then return false end
  end
  return last ~= nil and last.kind == "ended" and DONE[last.verdict] == true
end

-- A machine counts as protected if it had the tag for the whole time in which it may be read.
local function is_protected(world, item, tag, from, to)
  local machine = machine_of(world, item)
  return has_tag(history.tags_at(world, machine, from - LAG), tag)
    and has_tag(history.tags_at(world, machine, to), tag)
    and not history.tags_change(world, machine, from - LAG, to)
end

local function exceeds(world, items, guards, run, to)
  local exceeded = {}
  if guards.max and #items > guards.max then
    exceeded.max = ("%d items; the limit is %g"):format(#items, guards.max)
  end
  for _, tag in ipairs(guards.protect_tags or {}) do
    for _, item in ipairs(items) do
      if is_protected(world, item, tag, run.at, to) and not is_only_read(item, run) then
        exceeded.protect_tags = ("%s has the tag %s"):format(machine_of(world, item), tag)
      end
    end
  end
  return exceeded
end

local function typed_number(world, process, at)
  for _, event in ipairs(world.typed[process] or {}) do
    if event.at <= at and (event.text or ""):find "^%s*%d+%s*$" then return true end
  end
  return false
end

-- An override is a row of the batch that names the guard, by a process whose person meant it.
local function is_overridden(world, batch, guard, post)
  for _, entry in ipairs(batch.rows) do
    local process = world.observation.processes[entry.process]
    if entry.row.kind == "overridden" and entry.n < post.n
      and (entry.row.message or ""):find(guard, 1, true) and process then
      local command = read_command(process.argv)
      if command.overrides[guard] and command.options["--yes"]
        or typed_number(world, entry.process, post.sent) then
        return true
      end
    end
  end
  return false
end

local function check_maximum(world, batch, run, post, report)
  local process = world.observation.processes[run.process]
  local limit = process and tonumber(read_command(process.argv).options["--max"])
  if limit and run.row.kind == "begun" and #batch.list > limit
    and not typed_number(world, run.process, post.sent) then
    report("guard", { run.n, post.n }, "%d items are more than --max %d", #batch.list, limit)
  end
end

local function check_run(world, batch, run, guards, report)
  local post = first_post(world, batch, run)
  if not post then return end
  check_maximum(world, batch, run, post, report)
  local items = open_items(world, batch, post.n)
  local exceeded = exceeds(world, items, guards, run, post.sent)
  for _, guard in ipairs { "max", "protect_tags" } do
    if exceeded[guard] and not is_overridden(world, batch, guard, post) then
      report("guard", { run.n, post.n }, "%s sends although the guard %s forbids it: %s",
        run.process, guard, exceeded[guard])
    end
  end
end

-- The guards of the profile when a process began, and those of the policy that it carries out.
-- -> guards | nil: they changed while it began
local function guards_of(world, batch, process)
  local guards = (world.observation.profile or {}).guards or {}
  for _, event in ipairs(world.guards) do
    if event.at > process.began - BEGINS and event.at < process.began + BEGINS then return nil end
    if event.at <= process.began then guards = event.guards end
  end
  local creator = world.observation.processes[batch.creator]
  local policy = creator and (creator.intent or {}).guards or {}
  return { protect_tags = guards.protect_tags,
           max = math.min(guards.max or math.huge, policy.max or math.huge) }
end

return function(world, report)
  for _, batch in ipairs(world.all_batches) do
    for _, run in ipairs(runs_of(batch)) do
      local process = world.observation.processes[run.process]
      local guards = process and guards_of(world, batch, process)
      if guards then check_run(world, batch, run, guards, report) end
    end
  end
end
