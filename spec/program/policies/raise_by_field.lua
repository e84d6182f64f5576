-- policy decide returned a table
return { decide = function()
  return setmetatable({}, { __index = function() while true do end end })
end }
