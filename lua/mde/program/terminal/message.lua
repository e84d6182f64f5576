-- Formats a message for users, and makes inserted values printable.
--
-- The format may have line ends. A value may be text of others, which must not begin a line.

local terminal = require "mde.terminal"

local AS_THEY_ARE = { number = true, boolean = true, ["nil"] = true }

local function printable(value)
  return AS_THEY_ARE[type(value)] and value or terminal.printable(tostring(value))
end

-- message(format, ...) -> text, like string.format; without values, the format itself.
return function(format, ...)
  local count = select("#", ...)
  if count == 0 then return format end
  local values = { ... }
  for i = 1, count do values[i] = printable(values[i]) end
  return format:format(table.unpack(values, 1, count))
end
