-- Groups requests that have the same key, in the order of their first ones.

-- `key_of(request)`: a text; false or nil: the request is in no group.
-- -> { key -> array of requests }, array of keys
return function(requests, key_of)
  local groups, order = {}, {}
  for _, request in ipairs(requests) do
    local key = key_of(request)
    if key then
      if not groups[key] then groups[key], order[#order + 1] = {}, key end
      table.insert(groups[key], request)
    end
  end
  return groups, order
end
