-- keep
-- What lives is more than half of what there may be: Lua must be told to collect.
local kept = {}
for i = 1, 1.2e5 do kept[i] = {} end
for _ = 1, 1e6 do local _ = {} end
return { decide = function() return #kept == 1.2e5 and keep() end }
