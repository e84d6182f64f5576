-- policy the reason of a decision is a table
return { decide = function() return { decision = "cancel", reason = setmetatable({}, {
  __tostring = function() while true do end end }) } end }
