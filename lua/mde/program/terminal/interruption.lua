-- Ctrl-C, and requests to end, while a client waits for the service: the first sends nothing
-- more and waits for what is under way, the second stops at once. Where nothing is changed
-- there is nothing to wait for, and the first stops.

local line = require "mde.program.terminal.line"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"

local interruption = {}

-- Heeds them from now on. `tick`, if given, is called every second at least.
function interruption.watch(session, tick)
  system.interrupt.watch()
  interruption.heed(session, tick)
end

-- Heeds those that somebody watches for already.
function interruption.heed(session, tick)
  local is_said = false
  session.stop = function()
    local signals = system.interrupt.count()
    if signals == 0 then
      if tick then tick() end
      return false
    end
    if session.only_reads or signals > 1 then return "at once" end
    if not is_said then
      is_said = true
      output.note("Interrupted: nothing more is sent; what is under way is waited for."
        .. " Ctrl-C again stops at once.")
    end
    return true
  end
end

-- What goes on from here on changes nothing.
function interruption.only_reads(session, tick)
  interruption.watch(session, tick)
  session.only_reads = true
end

function interruption.came()
  return system.interrupt.count() > 0
end

function interruption.release(session)
  session.stop, session.only_reads = nil, nil
  line.clear()
  system.interrupt.release()
end

return interruption
