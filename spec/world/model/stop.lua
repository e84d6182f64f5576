-- Checks that nothing is sent for a batch that is closed, stopped, or run by another process.

local time = require "spec.world.model.time"

local BOUND, SLACK = 5, 1e-6

local function after_close(world, post, report)
  local closed = post.item.batch.closed
  if closed and post.sent > closed.at + SLACK and not time.was_frozen(world, post) then
    report("closed", { closed.n, post.n }, "%s was sent for %s after its batch was closed",
      post.event.operation, post.item.id)
  end
end

-- The last row of these kinds that was committed before the POST was sent.
local function last_row(batch, post, kinds)
  local last
  for _, entry in ipairs(batch.rows) do
    if kinds[entry.row.kind] and entry.at <= post.sent + SLACK and entry.n < post.n then
      last = entry
    end
  end
  return last
end

local RUNS = { begun = true, resumed = true }
local STOPS = { begun = true, resumed = true, ["stop asked"] = true, stopped = true }

-- The first request to stop since the batch began or was resumed.
local function stop_asked(batch, post)
  local asked
  for _, entry in ipairs(batch.rows) do
    if entry.n < post.n and entry.at <= post.sent + SLACK then
      if RUNS[entry.row.kind] then asked = nil end
      if entry.row.kind == "stop asked" then asked = asked or entry end
    end
  end
  return asked
end

local function after_stop(world, post, report)
  local batch = post.item.batch
  local asked, last = stop_asked(batch, post), last_row(batch, post, STOPS)
  if last and last.row.kind == "stopped" and last.process == post.process
    and post.sent > last.at + SLACK then
    report("stopped", { last.n, post.n }, "%s sends for %s after it had stopped",
      post.process, post.item.id)
  elseif asked and time.running(world, post.process, batch.store, asked.at, post.sent) > BOUND then
    report("stopped", { asked.n, post.n }, "%s still sends %d s after it was asked to stop",
      post.process, math.floor(post.sent - asked.at))
  end
end

local function after_takeover(world, post, report)
  local run = last_row(post.item.batch, post, RUNS)
  if run and run.process ~= post.process and post.sent > run.at + 1
    and not time.was_frozen(world, post) then
    report("runner", { run.n, post.n }, "%s sends for %s, but %s runs the batch since",
      post.process, post.item.id, run.process)
  elseif not run then
    report("runner", { post.n }, "%s sends for %s before its batch has begun",
      post.process, post.item.id)
  end
end

local function rows_in_order(batch)
  local rows = {}
  for _, entry in ipairs(batch.rows) do rows[#rows + 1] = { entry = entry } end
  for _, item in ipairs(batch.list) do
    for _, entry in ipairs(item.rows) do rows[#rows + 1] = { entry = entry, item = item } end
  end
  table.sort(rows, function(a, b) return a.entry.n < b.entry.n end)
  return rows
end

-- Only the process that began or resumed a batch last writes down what becomes of its items, and
-- it ends the batch only if all of them are settled.
local function check_rows(world, batch, report)
  local run, settled = nil, {}
  for _, row in ipairs(rows_in_order(batch)) do
    local entry, kind = row.entry, row.entry.row.kind
    if row.item then
      if run and entry.process ~= run.process then
        report("runner", { run.n, entry.n }, "%s notes that %s is %s, but %s runs the batch",
          entry.process, row.item.id, kind, run.process)
      end
      settled[row.item] = kind == "ended" and world.SETTLED[entry.row.verdict]
    elseif RUNS[kind] then
      run = entry
    elseif kind == "ended" then
      for _, item in ipairs(batch.list) do
        if not settled[item] then
          report("ended early", { entry.n }, "the batch %s ended, but %s is open",
            tostring(batch.row.name), item.id)
        end
      end
    end
  end
end

local function interrupts(world)
  local first = {}
  for n, event in ipairs(world.observation.events) do
    if event.kind == "signal" and event.signal == "INT" and not first[event.process] then
      first[event.process] = { n = n, at = event.at }
    end
  end
  return first
end

-- A batch that ended before its process saw the request was not stopped.
local function has_ended(batch, asked)
  for _, entry in ipairs(batch.rows) do
    if entry.row.kind == "ended" and entry.n > asked.n and entry.at <= asked.at + BOUND then
      return true
    end
  end
  return false
end

-- `mde watch` changes nothing more once a person has stopped one of its batches.
local function after_stopped_watch(world, post, report)
  local process = world.observation.processes[post.process]
  if not process or process.argv[1] ~= "watch" then return end
  for _, batch in ipairs(world.all_batches) do
    local asked = batch.creator == post.process and batch.store == process.store
      and stop_asked(batch, post)
    if asked and not has_ended(batch, asked)
      and time.running(world, post.process, batch.store, asked.at, post.sent) > BOUND then
      report("stopped", { asked.n, post.n }, "%s sends although %s was stopped", post.process,
        tostring(batch.row.name))
    end
  end
end

local function after_interrupt(world, post, interrupt, report)
  if not interrupt or not post.store then return end
  if time.running(world, post.process, post.store, interrupt.at, post.sent) > BOUND then
    report("interrupted", { interrupt.n, post.n }, "%s still sends %d s after Ctrl-C",
      post.process, math.floor(post.sent - interrupt.at))
  end
end

return function(world, report)
  for _, batch in ipairs(world.all_batches) do check_rows(world, batch, report) end
  local interrupted = interrupts(world)
  for _, post in ipairs(world.posts) do
    if post.item then
      after_close(world, post, report)
      after_stop(world, post, report)
      after_takeover(world, post, report)
    end
    after_stopped_watch(world, post, report)
    after_interrupt(world, post, interrupted[post.process], report)
  end
end
