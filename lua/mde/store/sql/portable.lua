-- Replaces functions that some Lua versions lack: pack, unpack, integer.

local portable = {}

portable.unpack = rawget(table, "unpack") or rawget(_G, "unpack")

function portable.pack(...)
  return { n = select("#", ...), ... }
end

local to_integer = rawget(math, "tointeger") or function(number) return number end

-- Converts a whole number, or its text, to an integer if this Lua has integers; else returns nil.
function portable.integer(value)
  local number = tonumber(value)
  return number and number % 1 == 0 and to_integer(number) or nil
end

return portable
