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

-- A coroutine yields while it waits for the client, and the loop resumes it.
local client = assert(mde.client { host = "luv" })
local going, failed, ticks, other_work = 0, 0, 0, uv.new_timer()

local function start(body)
  going = going + 1
  coroutine.wrap(function()
    body()
    going = going - 1
    if going == 0 then other_work:close() end
  end)()
end

local function cancel(action)
  start(function()
    local done, verdict, problem = client:cancel(action, { comment = comment })
    print(action.id, done and verdict or problem, done and "" or tostring(verdict))
    if not done then failed = failed + 1 end
  end)
end

other_work:start(5, 5, function() ticks = ticks + 1 end)

start(function()
  local open = { status = { "Pending", "InProgress" }, order = "oldest", limit = count }
  for action in client:actions(open) do cancel(action) end
end)

uv.run()
print(("%d ticks meanwhile"):format(ticks))
os.exit(failed == 0 and 0 or 1)
