-- The edit distance of two texts: insertions, deletions, substitutions and swaps of neighbours.

local function swapped(a, b, i, j)
  return i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j)
end

-- distance(a, b) -> the number of edits that turn `a` into `b`, in bytes
return function(a, b)
  local before, row = nil, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local last = row
    row = { [0] = i }
    for j = 1, #b do
      local change = last[j - 1] + (a:byte(i) == b:byte(j) and 0 or 1)
      row[j] = math.min(change, last[j] + 1, row[j - 1] + 1)
      if swapped(a, b, i, j) then row[j] = math.min(row[j], before[j - 2] + 1) end
    end
    before = last
  end
  return row[#b]
end
