-- Words what argparse refuses: names the placeholder or the values that are missing.

local failure = require "mde.program.exit"

local syntax = {}

-- Returns the element of a list with this name or alias.
local function find(list, name)
  for _, element in ipairs(list) do
    if element._name == name then return element end
    for _, alias in ipairs(element._aliases or {}) do
      if alias == name then return element end
    end
  end
end

local function find_option(parser, name)
  while parser do
    local option = find(parser._options, name)
    if option then return option end
    parser = parser._parent
  end
end

local function placeholder(element)
  local name = element._argname
  return type(name) == "table" and name[1] or name or element._name:upper()
end

-- Raises argparse's message as wrong use, with `missing`: the placeholder for what is missing.
-- argparse calls it as a method of the parser of the command.
function syntax.refuse(parser, message)
  message = message:gsub("\nDid you mean.*", "")
  local fields = {}
  local argument = message:match "^missing argument '(.+)'$"
  local element = argument and find(parser._arguments, argument)
  if element then
    fields.missing = placeholder(element)
    failure.misuse(fields, "missing %s", fields.missing)
  end
  local choices = message:match "^argument '.+' must be one of (.+)$"
  if choices then
    failure.misuse(fields, "mde %s requires one of %s", parser._name, (choices:gsub("'", "")))
  end
  local digit = message:match "^unknown option '(%-%d)'$"
  if digit then failure.misuse(fields, "%s…: numbers and times are not negative", digit) end
  local option = message:match "^option '(.+)' requires an argument$"
  element = option and find_option(parser, option)
  if not element then failure.misuse(fields, "%s", message) end
  fields.missing = placeholder(element)
  local words = element.words and element.words() or element._choices
  failure.misuse(fields, "%s requires %s%s", option, fields.missing,
    words and ": " .. table.concat(words, ", ") or "")
end

return syntax
