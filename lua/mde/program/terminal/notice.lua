-- Shows a client's notices on standard error: why a command takes longer.

local line = require "mde.program.terminal.line"
local output = require "mde.program.terminal.output"
local system = require "mde.program.system"

local notice = {}

local EVERY = 10  -- seconds between two lines about actions that were not found

local function say(...)
  line.clear()
  output.note(...)
end

-- Shows only some of many lines about actions that were not found.
local function show_missing(entry, print)
  local state, now = system.state, system.clock.monotonic()
  state.not_found = (state.not_found or 0) + 1
  if state.told_at and now < state.told_at + EVERY then return end
  state.told_at = now
  if state.not_found == 1 then return print("%s", entry.message) end
  print("%d actions were not found so far; each is checked again.", state.not_found)
end

-- Shows a notice; `print(format, ...)` shows a line, by default on standard error.
function notice.show(entry, print)
  if entry.code == "not_found" then return show_missing(entry, print or say) end
  (print or say)("%s", entry.message)
end

-- Shows the notices of one of several clients, with its name.
function notice.name(client, name)
  function client.on_notice(entry)
    notice.show(entry, function(...) say(name .. ": " .. (...), select(2, ...)) end)
  end
end

return notice
