-- Checks the end of a world: nothing agreed to is lost or open, and no process failed by itself.

local history = require "spec.world.model.history"
local read_command = require "spec.world.model.command"
local time = require "spec.world.model.time"

local LAG = 60
local OPEN = { forbidden = true, error = true, unsent = true, unknown = true, accepted = true,
  undo_accepted = true }
local WRONG = { error = true, forbidden = true, not_found = true, refused = true, unknown = true,
  unsent = true, failed = true }

local function silent(world, id)
  local action = id and world.observation.actions[id]
  return action ~= nil and action.silent == true
end

local function last_launch(item)
  for i = #item.posts, 1, -1 do
    if item.posts[i].event.action then return item.posts[i].event.action end
  end
end

-- An inverse that the device refuses for ever, or does not report, leaves its item open.
local function may_stay_open(world, item, row)
  local verdict = row.verdict
  local inverse = item.row.decision == "undo" and last_launch(item) or nil
  if verdict == "accepted" or verdict == "undo_accepted" then
    return silent(world, item.id) or silent(world, inverse) or silent(world, row.launched)
  end
  local status = inverse and history.status_at(world, inverse, math.huge)
  return verdict == "error" and (status == "Failed" or status == "TimeOut" or status == "Cancelled")
end

local function last_exit(world, batch)
  local process
  for n, event in ipairs(world.observation.events) do
    if event.kind == "start" then
      local command = read_command(event.argv)
      if command.name == "resume" and command.operands[1] == batch.row.name
        and (not world.observation.faults_ended or event.at >= world.observation.faults_ended) then
        process = { n = n, name = event.process }
      end
    end
  end
  return process and world.observation.processes[process.name]
end

-- A batch that guards refuse stays open: exit status 3.
local function is_expected_to_end(world, batch)
  if batch.closed or batch.row.closed or not batch.row.size then return false end
  local process = last_exit(world, batch)
  if process then return process.status ~= 3 end
  return world.observation.is_faulty == false
end

local function check_open(world, batch, report)
  if not is_expected_to_end(world, batch) then return end
  for _, item in ipairs(batch.list) do
    local last = world.verdict_of(item)
    local verdict = last and last.row.verdict
    if not verdict then
      report("open", { item.rows[#item.rows] and item.rows[#item.rows].n },
        "%s of the batch %s has no verdict at the end", item.id, batch.row.name)
    elseif OPEN[verdict] and not may_stay_open(world, item, last.row) then
      report("open", { last.n }, "%s of the batch %s is still %s at the end", item.id,
        batch.row.name, verdict)
    end
  end
end

-- An id that was given twice is one item.
local function check_twice(batch, report)
  local seen = {}
  for _, item in ipairs(batch.list) do
    if seen[item.id] then
      report("twice", { batch.inserted and batch.inserted.n }, "the batch %s has %s twice",
        batch.row.name, item.id)
    end
    seen[item.id] = true
  end
end

local function check_size(batch, report)
  if batch.row.size and batch.row.size ~= #batch.list then
    report("lost", { batch.inserted and batch.inserted.n }, "the batch %s has %d items of %d",
      batch.row.name, #batch.list, batch.row.size)
  end
end

local function items_of(world, process)
  local ids, found = {}, false
  for _, batch in ipairs(world.all_batches) do
    if batch.creator == process.name then
      found = true
      for _, item in ipairs(batch.list) do ids[item.id] = true end
    end
  end
  return ids, found
end

local function is_named(process, id)
  for _, word in ipairs(process.argv or {}) do
    if word == id then return true end
  end
  return (process.input or ""):find(id, 1, true) ~= nil
end

-- A process that ended well has all that was asked of it in its batch.
local function check_intent(world, process, report)
  local intent = process.intent or {}
  local asked = intent.ids or intent.machines
  if not asked or process.status ~= 0 and process.status ~= 1 then return end
  local ids, found = items_of(world, process)
  if not found then return end
  for _, id in ipairs(asked) do
    if is_named(process, id) and not ids[id] then
      report("lost", {}, "%s was asked for %s, and lost it", process.name, id)
    end
  end
end

local STATUSES = { Pending = true, InProgress = true }

-- Reports whether an action matched a filter, in every view that the service can have given.
local function has_matched(world, filter, id, from, to)
  local action, created = world.observation.actions[id], history.created(world, id)
  if not created or created >= from - LAG or filter.type and filter.type ~= action.type
    or filter.requestor and filter.requestor ~= action.requestor then
    return false
  end
  for status in pairs(history.statuses_between(world, id, from - LAG, to)) do
    if not STATUSES[status] or filter.status and filter.status ~= status then return false end
  end
  return true
end

local function first_row(world, process)
  for _, batch in ipairs(world.all_batches) do
    if batch.creator == process.name and batch.rows[1] then return batch.rows[1].at end
  end
end

-- A batch of a filter has every action that matched it.
local function check_filter(world, process, report)
  local intent = process.intent or {}
  local begun = first_row(world, process)
  if intent.what ~= "cancel" or not intent.filter or not begun then return end
  local ids = items_of(world, process)
  for _, id in ipairs(world.action_ids) do
    if not ids[id] and has_matched(world, intent.filter, id, process.began, begun) then
      report("lost", {}, "%s was asked for all actions like %s, and left it out", process.name, id)
    end
  end
end

-- `mde watch` reports its verdicts as events, and ends with 0 when a person ends it.
local function check_exit(world, batch, report)
  for _, entry in ipairs(batch.rows) do
    local process = world.observation.processes[entry.process]
    if entry.row.kind == "ended" and process and process.status == 0
      and (process.intent or {}).what ~= "watch" then
      for _, item in ipairs(batch.list) do
        local last = world.verdict_of(item)
        if last and last.process == process.name and WRONG[last.row.verdict] then
          report("exit", { last.n }, "%s ended with status 0, but %s is %s", process.name, item.id,
            last.row.verdict)
        end
      end
    end
  end
end

local STATUS = { [0] = true, true, true, true, true, true, [130] = true }

local function is_frozen(world, name)
  local frozen = false
  for _, event in ipairs(world.observation.events) do
    if event.process == name and event.kind == "frozen" then frozen = true end
    if event.process == name and event.kind == "thawed" then frozen = false end
  end
  return frozen
end

local function check_process(world, process, report)
  if not process.ended and not process.crashed and not is_frozen(world, process.name)
    and not time.waits_for_quota(world.observation, process.name) then
    report("hang", {}, "%s still runs at the end", process.name)
  elseif process.status and not STATUS[process.status] then
    report("exit", {}, "%s ended with the status %s", process.name, tostring(process.status))
  elseif process.status == 2 then
    for _, post in ipairs(world.posts) do
      if post.process == process.name then
        report("exit", { post.n }, "%s ended with status 2, but has sent something", process.name)
        return
      end
    end
  end
end

local function check_defects(world, report)
  for n, event in ipairs(world.observation.events) do
    if event.kind == "defect" then
      report("defect", { n }, "%s failed: %s", tostring(event.process), tostring(event.text))
    end
  end
end

local function check_rows(world, name, report)
  local kept = {}
  for _, row in ipairs(world.observation.stores[name].events or {}) do
    kept[("%s.%s.%s"):format(row.batch, row.position, row.number)] = row
  end
  for n, event in ipairs(world.observation.events) do
    if event.kind == "journal" and event.store == name and event.table == "events" then
      local row = event.row
      local key = ("%s.%s.%s"):format(row.batch, row.position, row.number)
      local found = kept[key]
      if not found or found.kind ~= row.kind or found.verdict ~= row.verdict then
        report("journal", { n }, "the row %s of the journal of %s is lost or differs", key, name)
      end
    end
  end
end

return function(world, report)
  check_defects(world, report)
  for _, batch in ipairs(world.all_batches) do
    check_open(world, batch, report)
    check_size(batch, report)
    if batch.row.size then check_twice(batch, report) end
    check_exit(world, batch, report)
  end
  for _, name in ipairs(world.process_names) do
    check_intent(world, world.observation.processes[name], report)
    check_filter(world, world.observation.processes[name], report)
    check_process(world, world.observation.processes[name], report)
  end
  for _, name in ipairs(world.store_names) do check_rows(world, name, report) end
end
