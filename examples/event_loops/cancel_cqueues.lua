-- Cancels the oldest open actions in parallel from a cqueues loop:
--
--   lua5.4 cancel_cqueues.lua COUNT COMMENT      (try it: mde sim lua5.4 cancel_cqueues.lua 5 "A test")
--
-- The loop continues its other work meanwhile. Takes credentials from the environment. Ends with 1
-- if an action was not cancelled.

local cqueues = require "cqueues"
local mde = require "mde"

local count, comment = tonumber(arg[1]), arg[2]
if not (count and comment) then
  io.stderr:write("usage: cancel_cqueues.lua COUNT COMMENT\n")
  os.exit(2)
end

-- A thread of the loop sleeps while it waits for the client.
local client = assert(mde.client { host = "cqueues" })

local loop, going, failed, ticks = cqueues.new(), 1, 0, 0

local function cancel(action)
  going = going + 1
  loop:wrap(function()
    local done, verdict, problem = client:cancel(action, { comment = comment })
    print(action.id, done and verdict or problem, done and "" or tostring(verdict))
    if not done then failed = failed + 1 end
    going = going - 1
  end)
end

loop:wrap(function()
  local open = { status = { "Pending", "InProgress" }, order = "oldest", limit = count }
  for action in client:actions(open) do cancel(action) end
  going = going - 1
end)

loop:wrap(function()  -- the loop's other work
  while going > 0 do
    ticks = ticks + 1
    cqueues.sleep(0.005)
  end
end)

assert(loop:loop())
print(("%d ticks meanwhile"):format(ticks))
os.exit(failed == 0 and 0 or 1)
