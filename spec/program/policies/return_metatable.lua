-- policy the policy has a metatable
return setmetatable({ decide = "cancel" }, { __index = function() while true do end end })
