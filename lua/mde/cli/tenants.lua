-- Reads several tenants, some at the same time, and gives what came in their order.
--
-- Each is read in a coroutine of its own, whose client waits by letting the others go on.
-- A tenant that fails is reported and stops no other.

local errors = require "mde.errors"
local failure = require "mde.cli.failure"
local output = require "mde.cli.output"
local plain = require "mde.host.plain"

local tenants = {}

local AT_ONCE = 10  -- tenants under way, or read and waiting for their turn

-- A host (contract 4).
local waiting = {}

function waiting.wait(_, seconds)
  coroutine.yield(seconds)
end

-- Begins to read a tenant: read(client) in its coroutine.
local function begin(profile, connect, read)
  local task = { profile = profile }
  task.thread = coroutine.create(function()
    local session = connect(profile)
    require "mde.cli.notice".name(session, profile.name)
    session.host, task.engine = waiting, session.engine
    task.results = table.pack(read(session))
    session:close()
  end)
  return task
end

-- A failure that is one tenant's, and no reason to stop.
local function is_tenants(raised)
  return errors.is(raised) and raised.code ~= "store"
end

-- Goes on with a tenant. -> seconds until there is something to be done again
local function go_on(task)
  if coroutine.status(task.thread) == "dead" then return math.huge end
  local done, result = coroutine.resume(task.thread)
  if not done and not is_tenants(result) then
    error(type(result) == "string" and debug.traceback(task.thread, result) or result, 0)
  end
  if not done then task.err = result end
  return coroutine.status(task.thread) == "dead" and 0 or result
end

-- Reads the tenants of `chosen` (profiles) with read(client), and calls
-- show(profile's name, what it returned) for one after the other.
-- `connect(profile)` gives a client, or raises. -> exit status
function tenants.each(chosen, connect, read, show)
  local tasks, begun, shown, status = {}, 0, 0, 0
  while shown < #chosen do
    while begun < #chosen and begun - shown < AT_ONCE do
      begun = begun + 1
      tasks[begun] = begin(chosen[begun], connect, read)
    end
    local seconds = 1
    for i = shown + 1, begun do seconds = math.min(seconds, go_on(tasks[i])) end
    local task = tasks[shown + 1]
    if task.results or task.err then
      shown, tasks[shown + 1] = shown + 1, nil
      if task.err then
        output.note("mde: %s: %s", task.profile.name, tostring(task.err))
        status = failure.some
      else
        show(task.profile.name, table.unpack(task.results, 1, task.results.n))
      end
    elseif seconds > 0 then
      plain.wait(task.engine, seconds)
    end
  end
  return status
end

return tenants
