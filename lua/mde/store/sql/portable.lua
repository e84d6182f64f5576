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

local BAD = "\239\191\189"  -- U+FFFD

-- A character of several bytes. Source: RFC 3629, section 4.
local CHARACTERS = {
  "^[\194-\223][\128-\191]", "^\224[\160-\191][\128-\191]",
  "^[\225-\236\238\239][\128-\191][\128-\191]", "^\237[\128-\159][\128-\191]",
  "^\240[\144-\191][\128-\191][\128-\191]", "^[\241-\243][\128-\191][\128-\191][\128-\191]",
  "^\244[\128-\143][\128-\191][\128-\191]",
}

-- Replaces each byte after the character at the beginning, or all if there is none.
local function replace(bytes)
  for _, character in ipairs(CHARACTERS) do
    local _, last = bytes:find(character)
    if last then return bytes:sub(1, last) .. BAD:rep(#bytes - last) end
  end
  return BAD:rep(#bytes)
end

-- Returns the values with text as databases take it: without NUL, and with U+FFFD for a byte that is
-- not UTF-8.
function portable.texts(...)
  local values = portable.pack(...)
  for i = 1, values.n do
    local value = values[i]
    if type(value) == "string" and value:find "[%z\128-\255]" then
      values[i] = value:gsub("%z", ""):gsub("[\128-\255][\128-\191]*", replace)
    end
  end
  return portable.unpack(values, 1, values.n)
end

return portable
