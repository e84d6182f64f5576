-- Sorted keys, merged copies, sets, and elements of tables.

local tables = {}

-- The keys of a table as texts, sorted. -> array
function tables.keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = tostring(key) end
  table.sort(keys)
  return keys
end

-- A new table with the fields of both; those of `more` (optional) take precedence.
function tables.merged(fields, more)
  local made = {}
  for key, value in pairs(fields) do made[key] = value end
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

-- The elements of an array as the keys of a set.
function tables.set(list)
  local set = {}
  for _, element in ipairs(list) do set[element] = true end
  return set
end

-- The index of the first element that equals `value`, or nil.
function tables.index(list, value)
  for i, element in ipairs(list) do
    if element == value then return i end
  end
end

-- An iterator over the elements of an array, which may grow meanwhile.
function tables.each(list)
  local i = 0
  return function()
    i = i + 1
    return list[i]
  end
end

return tables
