-- Prints sentences on standard output, wrapped between words at a terminal's width.

local output = require "mde.program.terminal.output"
local system = require "mde.program.system"
local terminal = require "mde.terminal"

-- Splits text into lines of at most `width` columns (nil: one line). A longer word has a line
-- of its own. -> array
local function wrapped(text, width)
  local lines, line = {}, ""
  for word in text:gmatch "%S+" do
    local longer = line == "" and word or line .. " " .. word
    if width and line ~= "" and terminal.columns(longer) > width then
      lines[#lines + 1] = line
      longer = word
    end
    line = longer
  end
  lines[#lines + 1] = line
  return lines
end

-- paragraph(text, label): a label fills the first 15 columns.
return function(text, label)
  local width = system.terminal.is_terminal(1) and (system.terminal.width(1) or 80) or nil
  local head = label and ("%-14s "):format(label) or ""
  text = terminal.printable(text)
  local lines = wrapped(text, width and width - #head)
  for i, line in ipairs(lines) do
    output.line((i == 1 and head or (" "):rep(#head)) .. line)
  end
end
