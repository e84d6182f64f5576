-- Writes JSON with keys in a given order: the same text each time.

local cjson = require "cjson"

local json = {}

-- Order -> the set of its keys.
local sets = setmetatable({}, { __mode = "k", __index = function(cache, order)
  local set = {}
  for _, key in ipairs(order) do set[key] = true end
  cache[order] = set
  return set
end })

-- Key -> how it is written in front of its value.
local labels = setmetatable({}, { __index = function(cache, key)
  cache[key] = cjson.encode(key) .. ":"
  return cache[key]
end })

local NONE = {}

-- Returns the keys that are not in `order`, sorted.
local function others(fields, order)
  local set, keys = sets[order], NONE
  for key in next, fields do
    if not set[key] then
      if keys == NONE then keys = {} end
      keys[#keys + 1] = key
    end
  end
  if keys[2] then table.sort(keys) end
  return keys
end

local put

local function put_array(parts, count, list)
  for i, element in ipairs(list) do
    parts[count + 1] = i > 1 and "," or "["
    count = put(parts, count + 1, element, NONE)
  end
  parts[count + 1] = list[1] == nil and "[]" or "]"
  return count + 1
end

local function put_fields(parts, count, fields, keys, before)
  for i = 1, #keys do
    local value = fields[keys[i]]
    if value ~= nil then
      parts[count + 1], parts[count + 2] = before, labels[keys[i]]
      count, before = put(parts, count + 2, value, NONE), ","
    end
  end
  return count, before
end

-- Most texts need no escapes.
local function put_text(parts, count, text)
  if text:find '[%c"\\]' then
    parts[count + 1] = cjson.encode(text):gsub("\\/", "/")
    return count + 1
  end
  parts[count + 1], parts[count + 2], parts[count + 3] = '"', text, '"'
  return count + 3
end

-- Adds a value to the `count` parts. The service has no empty objects, so an empty table is an
-- array. -> number of parts
function put(parts, count, value, order)
  local kind = type(value)
  if kind == "string" then return put_text(parts, count, value) end
  if kind == "table" then
    if next(value) == nil or value[1] ~= nil then return put_array(parts, count, value) end
    local before
    count, before = put_fields(parts, count, value, order, "{")
    count = put_fields(parts, count, value, others(value, order), before)
    parts[count + 1] = "}"
    return count + 1
  end
  parts[count + 1] = math.type(value) == "integer" and ("%d"):format(value) or cjson.encode(value)
  return count + 1
end

local line_parts = {}  -- of the text in progress

-- -> text
function json.encode(value, order)
  return table.concat(line_parts, "", 1, put(line_parts, 0, value, order or NONE))
end

-- Sets the missing keys of an object to null, so that each object has all of them. -> object
function json.fill(object, keys)
  for _, key in ipairs(keys) do
    if object[key] == nil then object[key] = cjson.null end
  end
  return object
end

return json
