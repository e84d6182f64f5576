-- What not every Lua has, for the stores in databases.

local portable = {}

portable.unpack = rawget(table, "unpack") or rawget(_G, "unpack")

function portable.pack(...)
  return { n = select("#", ...), ... }
end

local to_integer = rawget(math, "tointeger") or function(number) return number end

-- A whole number, as a number or as text -> an integer, where Lua has these | nil
function portable.integer(value)
  local number = tonumber(value)
  return number and number % 1 == 0 and to_integer(number) or nil
end

return portable
