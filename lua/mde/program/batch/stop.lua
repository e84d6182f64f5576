-- Stops or closes batches from any terminal or machine of their store.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local recorder = require "mde.program.batch.journal_writer"
local state = require "mde.program.batch.state"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"

local stop = {}

local LONGEST = 10  -- seconds that `mde batch stop` waits for the process to stop
local EVERY = 0.2   -- seconds between two looks at its lock

-- In the process that runs the batch

-- Returns a function(is_now) that reads the store at most once a second, or with `is_now`.
-- Its results: who asked to stop the batch, and the reason; nil: no request
function stop.watched(batch, clock)
  local looked_at, who, reason
  return function(is_now)
    local now = clock.monotonic()
    if who or not is_now and looked_at and now < looked_at + 1 then return who, reason end
    looked_at = now
    who, reason = batch:stop_asked()
    return who, reason
  end
end

-- The command mde batch stop

-- Waits up to LONGEST until no process runs the batches. -> those that still run
local function wait(batches)
  local clock = system.clock
  local ends_at = clock.monotonic() + LONGEST
  while true do
    local running = {}
    for _, batch in ipairs(batches) do
      if batch:holder() then running[#running + 1] = batch end
    end
    if not running[1] or clock.monotonic() >= ends_at then return running end
    system.process.pause(EVERY)
  end
end

-- Prints the state of a batch that was asked to stop.
local function report(batch)
  local name, done = state.of(batch)
  if name == "running" then
    return output.note("Batch %s has not stopped yet: it may wait for requests in flight."
      .. " `mde batch list` shows its state.", batch.name)
  end
  output.note("Batch %s %s: %d of %d done.", batch.name, name == "done" and "has ended"
    or "has stopped", done, batch.count)
  if name == "open" then state.say_resume(batch) end
end

-- Asks the processes that run these batches to stop, and waits. `name`: of a single batch.
-- -> exit status
function stop.ask(batches, name, reason)
  local asked = {}
  for _, batch in ipairs(batches) do
    local holder = batch:holder()
    if holder then
      batch:ask_stop(stores.who(), reason)
      output.note("Batch %s: asked %s to stop.", batch.name, stores.shown(holder))
      asked[#asked + 1] = batch
    end
  end
  if not asked[1] then
    output.note("No process runs %s.", name and "batch " .. name or "a batch")
    return 0
  end
  local running = wait(asked)
  for _, batch in ipairs(asked) do report(batch) end
  return running[1] and failure.some or 0
end

-- Closes a batch that no process runs. -> exit status
function stop.close(store, batch, reason)
  if batch.closed then
    output.note("Batch %s was closed before (%s).", batch.name, batch.closed)
    return 0
  end
  local lock, holder = batch:hold()
  if not lock then
    failure.raise(failure.refused, "%s runs batch %s; stop it first: mde batch stop %s",
      stores.shown(holder), batch.name, batch.name)
  end
  local _ <close> = lock
  local open = batch:open_count()
  if open == 0 then
    output.note("Batch %s is done: nothing to close.", batch.name)
    return 0
  end
  recorder.new(store, batch):note("closed", reason)
  output.note("Batch %s is closed; %d of %d items were open.", batch.name, open, batch.count)
  return 0
end

return stop
