-- Formats a message for people. Line ends in the format are mde's own; what is put into it
-- may be a stranger's text, and is made printable, so that it begins no line of its own.

local terminal = require "mde.terminal"

local AS_THEY_ARE = { number = true, boolean = true, ["nil"] = true }

local function printable(value)
  return AS_THEY_ARE[type(value)] and value or terminal.printable(tostring(value))
end

-- message(format, ...) -> text; as string.format, which is not used if there are no values.
return function(format, ...)
  local count = select("#", ...)
  if count == 0 then return format end
  local values = { ... }
  for i = 1, count do values[i] = printable(values[i]) end
  return format:format(table.unpack(values, 1, count))
end
