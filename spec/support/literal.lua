-- Writes plain values as one line of Lua, for messages between processes.

local literal = {}

local format = string.format

local function quote(text)
  local quoted = format("%q", text)
  return quoted:find("\n", 1, true) and quoted:gsub("\\\n", "\\n") or quoted
end

local keys = {}  -- how each is written

local write

local function write_key(key)
  local parts = {}
  write(key, parts, 0)
  keys[key] = "[" .. table.concat(parts) .. "]="
  return keys[key]
end

-- Appends what a table consists of to `parts`, of which there are `n`. -> how many now
local function write_fields(value, parts, n)
  local size = #value
  for i = 1, size do
    n = write(value[i], parts, n) + 1
    parts[n] = ","
  end
  for key, field in next, value do
    if size == 0 or math.type(key) ~= "integer" or key < 1 or key > size then
      parts[n + 1] = keys[key] or write_key(key)
      n = write(field, parts, n + 1) + 1
      parts[n] = ","
    end
  end
  return n
end

function write(value, parts, n)
  local kind = type(value)
  if kind == "string" then
    parts[n + 1] = quote(value)
  elseif kind == "table" then
    parts[n + 1] = "{"
    n = write_fields(value, parts, n + 1)
    parts[n + 1] = "}"
  elseif kind == "nil" or kind == "boolean" or kind == "number" then
    parts[n + 1] = format("%q", value)
  else
    error("a " .. kind .. " cannot be told", 0)
  end
  return n + 1
end

-- Ignores metatables; raises on a value that is not plain.
function literal.write(value)
  local parts = {}
  write(value, parts, 0)
  return table.concat(parts)
end

function literal.read(text)
  return assert(load("return " .. text, "=told", "t", {}))()
end

return literal
