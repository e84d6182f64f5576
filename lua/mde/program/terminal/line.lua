-- One line at a terminal, on standard error, which is redrawn in place: how far something
-- is. Where there is no terminal, nothing.

local system = require "mde.program.system"
local terminal = require "mde.terminal"

local line = {}

-- Shows text in place of what was there.
function line.show(text)
  if text == system.state.line then return end
  if not system.terminal.is_terminal(2) or system.getenv "TERM" == "dumb" then return end
  system.state.line = text
  text = terminal.cut(terminal.printable(text), (system.terminal.width(2) or 80) - 1)
  system.stderr:write("\r", text, "\27[K")
end

-- Makes room for something else to be said.
function line.clear()
  if system.state.line then system.stderr:write "\r\27[K" end
  system.state.line = nil
end

return line
