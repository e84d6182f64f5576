-- Cancels the oldest open actions in parallel from a libuv loop:
--
--   lua5.4 cancel_luv.lua COUNT COMMENT          (try it: mde sim lua5.4 cancel_luv.lua 5 "A test")
--
-- The loop continues its other work meanwhile. Takes credentials from the environment. Ends with 1
-- if an action was not cancelled.

local uv = require "luv"
local mde = require "mde"

local count, comment = tonumber(arg[1]), arg[2]
if not (count and comment) then
  io.stderr:write("usage: cancel_luv.lua COUNT COMMENT\n")
  os.exit(2)
end

-- Coroutines wait for the client, and one timer drives all of them: it resumes each to check its
-- result, steps the client, and restarts after the time that step returns.
local client = assert(mde.client { host = { wait = coroutine.yield } })
local threads, timer, failed, ticks = {}, uv.new_timer(), 0, 0

local function start(body)
  threads[#threads + 1] = coroutine.create(body)
end

local drive

local function drive_after(seconds)
  timer:start(math.ceil(seconds * 1000), 0, drive)
end

function drive()
  for i = #threads, 1, -1 do
    assert(coroutine.resume(threads[i]))
    if coroutine.status(threads[i]) == "dead" then table.remove(threads, i) end
  end
  if threads[1] then return drive_after((client:step())) end
  uv.stop()
end

local function cancel(action)
  start(function()
    local done, verdict, problem = client:cancel(action, { comment = comment })
    print(action.id, done and verdict or problem, done and "" or tostring(verdict))
    if not done then failed = failed + 1 end
  end)
end

start(function()
  local open = { status = { "Pending", "InProgress" }, order = "oldest", limit = count }
  for action in client:actions(open) do cancel(action) end
end)
drive_after(0)

local other_work = uv.new_timer()
other_work:start(5, 5, function() ticks = ticks + 1 end)

uv.run()
print(("%d ticks meanwhile"):format(ticks))
os.exit(failed == 0 and 0 or 1)
