-- Shortens the ids of a table to the first digits that tell them apart.

local short_ids = {}

local LEAST = 8
local GUID = "^%x+%-%x+%-%x+%-%x+%-%x+$"

-- Returns the length of the common beginning of two ids.
local function common(a, b)
  if not a or not b or a == b then return 0 end
  local count = 0
  while a:byte(count + 1) == b:byte(count + 1) do count = count + 1 end
  return count
end

-- Returns id -> the first digits of it that no other in the list begins with, at least 8.
function short_ids.of(ids)
  local sorted, seen, short = {}, {}, {}
  for _, id in ipairs(ids) do
    if not seen[id] then sorted[#sorted + 1], seen[id] = id, true end
  end
  table.sort(sorted)
  for i, id in ipairs(sorted) do
    local length = 1 + math.max(LEAST - 1, common(id, sorted[i - 1]), common(id, sorted[i + 1]))
    if id:sub(length, length) == "-" then length = length + 1 end
    short[id] = id:sub(1, length)
  end
  return short
end

-- Shortens the GUIDs in column i of a table's rows.
function short_ids.shorten(rows, i)
  local ids = {}
  for _, row in ipairs(rows) do
    if row[i]:find(GUID) then ids[#ids + 1] = row[i] end
  end
  local short = short_ids.of(ids)
  for _, row in ipairs(rows) do row[i] = short[row[i]] or row[i] end
end

return short_ids
