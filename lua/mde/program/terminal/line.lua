-- One line at a terminal, on standard error, which is redrawn in place: how far something
-- is. Where there is no terminal, nothing.

local terminal = require "mde.terminal"

local line = {}

local shown  -- what is there

-- Shows text in place of what was there.
function line.show(text)
  if text == shown or not terminal.is_terminal(2) or os.getenv "TERM" == "dumb" then return end
  shown = text
  text = terminal.cut(terminal.printable(text), (terminal.width(2) or 80) - 1)
  io.stderr:write("\r", text, "\27[K")
end

-- Makes room for something else to be said.
function line.clear()
  if shown then io.stderr:write "\r\27[K" end
  shown = nil
end

return line
