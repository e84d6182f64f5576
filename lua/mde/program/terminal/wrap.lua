-- Breaks text between words into lines that fit a number of columns.

local terminal = require "mde.terminal"

-- wrap(text, width, indent) -> array of lines. Those after the first begin with `indent` spaces, so
-- that text of others begins no line of a message. A longer word has a line of its own. With width
-- nil there is one line.
return function(text, width, indent)
  local lines, line, margin = {}, "", (" "):rep(indent or 0)
  if not width then return { text } end
  for space, word in text:gmatch "(%s*)(%S+)" do
    local longer = line .. space .. word
    if line ~= "" and terminal.columns(longer) > width then
      lines[#lines + 1] = line
      longer = margin .. word
    end
    line = longer
  end
  lines[#lines + 1] = line .. text:match "%s*$"
  return lines
end
