-- Checks the batches of plans: one per plan, begun before the plan's end, resumed later if agreed,
-- and nothing sent for an action that differs from the plan.
--
-- `mde watch` carries out its plans at once, by the clock of its host.

local history = require "spec.world.model.history"
local read_command = require "spec.world.model.command"

local LATE = 5  -- seconds: the service tells its time in whole seconds

local function was_asked(world, process, at)
  for _, event in ipairs(world.typed[process] or {}) do
    if event.at <= at and (event.text or ""):lower():find "^%s*[y%d]" then return true end
  end
  return false
end

local function first_post(batch, run)
  local first
  for _, item in ipairs(batch.list) do
    for _, post in ipairs(item.posts) do
      if post.process == run.process and post.sent >= run.at
        and (not first or post.sent < first.sent) then
        first = post
      end
    end
  end
  return first
end

local function check_resume(world, batch, run, report)
  local process, post = world.observation.processes[run.process], first_post(batch, run)
  if not process or not post or was_asked(world, run.process, post.sent)
    or read_command(process.argv).options["--approve"] then
    return
  end
  report("plan", { run.n, post.n }, "%s goes on with the plan of %s, which has expired, unasked",
    run.process, batch.row.name)
end

local function is_applied(world, run)
  local process = world.observation.processes[run.process]
  return process ~= nil and read_command(process.argv).name == "apply"
end

-- Seconds that the last answer took by which a process knew the service's time, whose Date may be
-- as old.
local function age_of_time(world, run)
  local seconds = 0
  for _, request in ipairs(world.requests) do
    local answer = request.answer
    if request.process == run.process and answer and answer.outcome == "delivered"
      and request.answer_n < run.n then
      seconds = answer.at - request.sent
    end
  end
  return seconds
end

local function check_time(world, batch, report)
  local ends = batch.row.expires
  for _, entry in ipairs(ends and batch.rows or {}) do
    local is_late = entry.at > ends + LATE and entry.at > ends + LATE + age_of_time(world, entry)
    if is_late and entry.row.kind == "begun" and is_applied(world, entry) then
      report("plan", { entry.n }, "%s begins the plan of %s %d s after its end", entry.process,
        batch.row.name, math.floor(entry.at - ends))
    elseif is_late and entry.row.kind == "resumed" then
      check_resume(world, batch, entry, report)
    end
  end
end

-- `mde watch` closes a batch that failed before it plans the same actions again.
local function was_closed(batch, later)
  for _, entry in ipairs(batch.rows) do
    if entry.row.kind == "closed" and entry.n < later.inserted.n then return true end
  end
  return false
end

-- An undo accepts a later status than the planned one.
local LATER = { Pending = { InProgress = true, Succeeded = true },
                InProgress = { Succeeded = true } }

local function is_as_planned(row, status)
  return status == row.expected
    or row.decision == "undo" and (LATER[row.expected] or {})[status] == true
end

-- The POST for which nothing was sent before, in any run | nil
local function first_sent(item)
  for _, entry in ipairs(item.rows) do
    if entry.row.kind == "sent" then
      local post = item.posts[1]
      return post and post.sent_row == entry and post or nil
    end
    if entry.row.verdict ~= "unsent" then return nil end
  end
end

-- The last answer to a read by the process of a POST that shows its item. -> read, action | nil
local function last_look(world, item, post)
  local last, shown
  for _, read in ipairs(world.reads[item.batch.store] or {}) do
    local answer = read.answer
    if read.process == post.process and answer and answer.outcome == "delivered"
      and answer.at <= post.sent and not (last and answer.at < last.answer.at) then
      local action = history.shown(read.event.answer, item.id)
      if action then last, shown = read, action end
    end
  end
  return last, shown
end

local function check_item(world, item, report)
  local row, post = item.row, first_sent(item)
  if not post or not row.decision or (row.expected or "") == "" then return end
  local read, action = last_look(world, item, post)
  if read and not is_as_planned(row, action.status) then
    report("changed", { read.n, post.n }, "%s sends %s for %s, which was planned as %s and is %s",
      post.process, post.event.operation, item.id, row.expected, tostring(action.status))
  end
end

return function(world, report)
  for _, item in ipairs(world.items) do check_item(world, item, report) end
  local first = {}
  for _, batch in ipairs(world.all_batches) do
    local plan = batch.row.size and batch.row.plan
    if plan then
      local key = batch.store .. "\0" .. plan
      if first[key] and not was_closed(first[key], batch) then
        report("plan", { batch.inserted and batch.inserted.n },
          "the batches %s and %s are of one plan", first[key].row.name, batch.row.name)
      end
      first[key] = batch
      check_time(world, batch, report)
    end
  end
end
