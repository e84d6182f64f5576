-- Replaces functions that some Lua versions lack (pack, unpack, integer), and text that databases
-- refuse.

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

local find, length = string.find, (rawget(_G, "utf8") or {}).len

local function well_formed(text)
  text = text:gsub("%z", "")
  local good, at = length(text)
  while not good do
    text = text:sub(1, at - 1) .. "\239\191\189" .. text:sub(at + 1)  -- U+FFFD
    good, at = length(text, at + 3)
  end
  return text
end

-- Returns the values with text as databases take it: without NUL, and with U+FFFD for a byte that is
-- not UTF-8. Only if this Lua has utf8.
function portable.texts(...)
  local values = portable.pack(...)
  for i = 1, length and values.n or 0 do
    local value = values[i]
    if type(value) == "string" and (not length(value) or find(value, "\0", 1, true)) then
      values[i] = well_formed(value)
    end
  end
  return portable.unpack(values, 1, values.n)
end

return portable
