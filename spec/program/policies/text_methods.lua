-- policy attempt to index a boolean value
getmetatable("").__index = function() return function() while true do end end end
