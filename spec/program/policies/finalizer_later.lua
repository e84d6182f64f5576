-- cancel
local metatable = {}
setmetatable({}, metatable)
metatable.__gc = function() while true do end end
for _ = 1, 1e5 do local _ = {} end
return { decide = "cancel" }
