-- Formats the line of an item: a word, its id, and more.
--
-- If the line does not fit the terminal, only the first digits of its ids are shown, and the rest
-- is wrapped.

local system = require "mde.program.system"
local terminal = require "mde.terminal"
local wrap = require "mde.program.terminal.wrap"

local DIGITS = 8
local SHORTEST = 36  -- characters of an id
local LAUNCHED = "^(%(%a+ %x%x%x%x%x%x%x%x)%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x+"  -- "(launched ID"

local function text_of(word, id, rest)
  return terminal.printable(table.concat({ ("%-17s"):format(word), id,
                                           table.unpack(rest) }, " "))
end

-- item_line(word, id, rest) -> text of one or more lines; `rest`: an array
return function(word, id, rest)
  local text = text_of(word, id, rest)
  local width = system.terminal.is_terminal(1) and system.terminal.width(1)
  if not width or terminal.columns(text) <= width then return text end
  local short = {}
  for i, part in ipairs(rest) do short[i] = part:gsub(LAUNCHED, "%1") end
  text = text_of(word, #id < SHORTEST and id or id:sub(1, DIGITS), short)
  return table.concat(wrap(text, width, 2), "\n")
end
