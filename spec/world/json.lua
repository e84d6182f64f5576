-- JSON for the world: objects with their keys in order, and decoded text without nulls.

local cjson = require "cjson"

local json = { null = cjson.null, empty = setmetatable({}, { __name = "empty array" }) }

local RANK = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local left, right = type(a), type(b)
  if left ~= right then return (RANK[left] or 4) < (RANK[right] or 4) end
  if left == "boolean" then return a and not b end
  local meta = getmetatable(a)
  if not (RANK[left] or left == "table" and meta and meta.__lt) then
    error "a loop over keys without order: the world cannot repeat it"
  end
  return a < b
end

-- pairs in the order of the keys. Fields may be cleared or changed meanwhile.
function json.pairs(t)
  local meta = getmetatable(t)
  if meta and meta.__pairs then return pairs(t) end
  local keys, count, i, are_texts = {}, 0, 0, true
  for key in next, t do
    count = count + 1
    keys[count] = key
    are_texts = are_texts and type(key) == "string"
  end
  if count > 1 then table.sort(keys, not are_texts and before or nil) end
  return function()
    while true do
      i = i + 1
      local key = keys[i]
      if key == nil then return nil end
      local value = t[key]
      if value ~= nil then return key, value end
    end
  end, t, nil
end

function json.encode(value)
  if value == json.empty then return "[]" end
  if type(value) ~= "table" then return cjson.encode(value) end
  local parts = {}
  if #value > 0 then
    for i = 1, #value do parts[i] = json.encode(value[i]) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, item in json.pairs(value) do
    parts[#parts + 1] = cjson.encode(tostring(key)) .. ":" .. json.encode(item)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function without_nulls(node)
  if node == cjson.null then return nil end
  if type(node) ~= "table" then return node end
  local copy = {}
  for key, item in pairs(node) do copy[key] = without_nulls(item) end
  return copy
end

-- -> decoded JSON without nulls | nil
function json.decode(text)
  local done, value = pcall(cjson.decode, text)
  if done then return without_nulls(value) end
end

return json
