-- One line on standard error that is redrawn in place, if that is a terminal.

local system = require "mde.program.system"
local terminal = require "mde.terminal"

local line = {}

-- Reports if standard error is a terminal that can redraw a line. With --json it has objects only.
function line.is_possible()
  return not system.state.json and system.terminal.is_terminal(2) and system.getenv "TERM" ~= "dumb"
end

-- Shows text in place of what was there.
function line.show(text)
  if text == system.state.line or not line.is_possible() then return end
  system.state.line = text
  text = terminal.cut(terminal.printable(text), (system.terminal.width(2) or 80) - 1)
  system.stderr:write("\r", text, "\27[K")
end

-- Removes the line, so that another message can be shown.
function line.clear()
  if system.state.line then system.stderr:write "\r\27[K" end
  system.state.line = nil
end

return line
