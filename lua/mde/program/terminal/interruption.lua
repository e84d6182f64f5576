-- Handles Ctrl-C and SIGTERM while a client waits for the service.
--
-- The first stops sending and waits for requests in flight; the second stops at once. If a command
-- only reads, the first stops at once.

local failure = require "mde.program.exit"
local line = require "mde.program.terminal.line"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"

local interruption = {}

local INTERRUPTED = "Interrupted: sending stops; waiting for requests in flight."
  .. " Ctrl-C again stops at once."

-- Returns a function that returns the signals' request: false, true to stop sending, or "at once".
-- It announces the first request with say(text).
function interruption.asked(say)
  local is_said = false
  return function()
    local signals = system.interrupt.count()
    if signals > 1 then return "at once" end
    if signals == 1 and not is_said then
      is_said = true
      say(INTERRUPTED)
    end
    return signals == 1
  end
end

-- Makes the session stop on signals, which the caller watches for. `tick`, if given, is called at
-- least every second.
function interruption.obey(session, tick)
  local asked = interruption.asked(output.note)
  session.stop = function()
    if session.only_reads and interruption.came() then return "at once" end
    local answer = asked()
    if not answer and tick then tick() end
    return answer
  end
end

-- Watches for signals and obeys them from now on.
function interruption.watch(session, tick)
  system.interrupt.watch()
  interruption.obey(session, tick)
end

-- Does the same for a session that only reads from now on.
function interruption.only_reads(session, tick)
  interruption.watch(session, tick)
  session.only_reads = true
end

function interruption.came()
  return system.interrupt.count() > 0
end

-- Ends the command if a signal came before its batch began.
function interruption.check()
  if not interruption.came() then return end
  system.interrupt.release()
  failure.raise(failure.interrupted, "interrupted; nothing was sent")
end

-- Makes the session's reads end the command on signals, until its batch begins.
function interruption.before_batch(session)
  system.interrupt.watch()
  session.stop = interruption.check
end

function interruption.release(session)
  session.stop, session.only_reads = nil, nil
  line.clear()
  system.interrupt.release()
end

return interruption
