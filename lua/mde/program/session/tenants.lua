-- Reads several tenants at the same time, and shows the results in order.
--
-- Each tenant has a coroutine, whose client yields to the others while it waits. A tenant that fails
-- is reported, and the others continue. A late tenant is shown after those that ended meanwhile.

local errors = require "mde.base.errors"
local failure = require "mde.program.exit"
local problem = require "mde.program.problem"
local system = require "mde.program.system"

local tenants = {}

local AT_ONCE = 10  -- most running tenants that are not late
local LATE = 10     -- seconds after which a tenant is late

-- A host (contract 4).
local waiting = {}

function waiting.wait(_, seconds)
  coroutine.yield(seconds)
end

-- Starts a tenant: read(client) in its coroutine.
local function begin(profile, connect, read)
  local task = { profile = profile }
  task.thread = coroutine.create(function()
    local session = connect(profile)
    require "mde.program.terminal.notice".name(session, profile.name)
    session.host, task.engine, task.clock = waiting, session.engine, session.clock
    task.began = session.clock.monotonic()
    task.results = table.pack(read(session))
    session:close()
  end)
  return task
end

-- True if an error concerns one tenant only, so that the others can continue.
local function is_tenants(raised)
  return errors.is(raised) and raised.code ~= "store"
end

local function has_ended(task)
  return coroutine.status(task.thread) == "dead"
end

-- Resumes a tenant. -> seconds until it must be resumed again
local function go_on(task)
  local done, result = coroutine.resume(task.thread)
  if not done and not is_tenants(result) then
    error(type(result) == "string" and debug.traceback(task.thread, result) or result, 0)
  end
  if not done then task.err = result end
  return has_ended(task) and 0 or result
end

local function is_late(task)
  return task.clock ~= nil and task.clock.monotonic() >= task.began + LATE
end

-- Starts tenants until enough are running. -> number of started tenants
local function begin_some(tasks, chosen, begun, connect, read)
  local under_way = 0
  for _, task in ipairs(tasks) do
    if not (has_ended(task) or is_late(task)) then under_way = under_way + 1 end
  end
  while begun < #chosen and under_way < AT_ONCE do
    begun, under_way = begun + 1, under_way + 1
    tasks[#tasks + 1] = begin(chosen[begun], connect, read)
  end
  return begun
end

-- Removes the first tenant that can be shown now from the list. -> task | nil
local function take_ended(tasks)
  for i, task in ipairs(tasks) do
    if has_ended(task) then return table.remove(tasks, i) end
    if not is_late(task) then return nil end
  end
end

-- Reads the tenants of `chosen` (profiles) with read(client), and calls show(profile's name,
-- results) for one after the other. `connect(profile)` returns a client, or raises; all clients share
-- one engine. -> exit status
function tenants.each(chosen, connect, read, show)
  local tasks, begun, status = {}, 0, 0
  while begun < #chosen or tasks[1] do
    begun = begin_some(tasks, chosen, begun, connect, read)
    local seconds, engine = 1, nil
    for _, task in ipairs(tasks) do
      if not has_ended(task) then seconds = math.min(seconds, go_on(task)) end
      engine = engine or not has_ended(task) and task.engine
    end
    for task in take_ended, tasks do
      seconds = 0
      if task.err then
        problem.of_profile(task.profile.name, task.err)
        status = failure.some
      else
        show(task.profile.name, table.unpack(task.results, 1, task.results.n))
      end
    end
    if seconds > 0 then system.wait(engine, seconds) end
  end
  return status
end

return tenants
