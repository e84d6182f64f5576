-- Prints sentences on standard output, wrapped between words at a terminal's width.

local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
local terminal = require "mde.terminal"
local wrap = require "mde.program.terminal.wrap"

-- paragraph(text, label): a label fills the first 15 columns.
return function(text, label)
  local width = system.terminal.is_terminal(1) and (system.terminal.width(1) or 80) or nil
  local head = label and ("%-14s "):format(label) or ""
  local lines = wrap(head .. terminal.printable(text), width, #head)
  for _, line in ipairs(lines) do output.line(line) end
end
