-- Sorts a list by the service's fields, for --sort.

local tables = require "mde.base.tables"

local sorting = {}

-- Returns a value that compares with others of its field: numbers before texts, no value last.
local function rank(value)
  if type(value) == "table" then value = table.concat(value, "; ") end
  if value == nil then return 3, "" end
  if type(value) == "number" then return 1, value end
  return 2, tostring(value):lower()
end

local function is_before(a, b, key, descends)
  local class, first = rank(a[key])
  local other, second = rank(b[key])
  if class ~= other then return class < other end
  if first == second then return nil end
  if descends then return first > second end
  return first < second
end

-- Reads the iterator to its end. `order`: array of { key, descends }. -> iterator
function sorting.sorted(entities, order)
  local all, place = {}, {}
  for entity in entities do
    all[#all + 1] = entity
    place[entity] = #all
  end
  table.sort(all, function(a, b)
    for _, each in ipairs(order) do
      local before = is_before(a, b, each[1], each[2])
      if before ~= nil then return before end
    end
    return place[a] < place[b]
  end)
  return tables.each(all)
end

return sorting
