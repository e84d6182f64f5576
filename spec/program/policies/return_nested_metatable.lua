-- policy select has a metatable
return { decide = "cancel", select = setmetatable({}, { __pairs = function() end }) }
