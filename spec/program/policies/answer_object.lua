-- policy decide returned a table
return { decide = function() return setmetatable({}, { __index = { decision = "cancel" },
  __eq = function() while true do end end }) end }
