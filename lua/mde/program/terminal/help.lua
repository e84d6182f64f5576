-- Forms the help that argparse prints: its width, the names of arguments and options, paragraphs.

local system = require "mde.program.system"

local help = {}

local WIDEST, NARROWEST = 80, 40  -- columns

function help.width()
  local columns = system.terminal.is_terminal(1) and system.terminal.width(1) or WIDEST
  return math.max(NARROWEST, math.min(WIDEST, columns))
end

-- Joins the lines of each paragraph, so that argparse wraps it.
local function joined(text)
  return (text:gsub("([^\n:])\n([^%s])", "%1 %2"))
end

-- Names arguments as the first line of the help does, and an option with all its names on one line.
-- At a narrow terminal, paragraphs are wrapped again.
function help.form(command)
  for _, argument in ipairs(command._arguments) do
    function argument._get_label_lines() return { argument._argname } end
  end
  for _, option in ipairs(command._options) do
    local names = table.concat(option._aliases, ", ")
    local value = table.concat(option:_get_argument_list(), " ")
    function option._get_label_lines() return { value == "" and names or names .. " " .. value } end
  end
  if command._epilog and help.width() < WIDEST then command:epilog(joined(command._epilog)) end
end

return help
