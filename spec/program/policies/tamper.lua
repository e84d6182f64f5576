-- keep
-- What a policy does to its own world is over with its process, and changes no decision.
string.rep, table.concat, error, pcall, type = nil, nil, nil, nil, nil
rawset(_G, "keep", nil)
setmetatable(_G, { __index = function() return function() return { decision = "cancel" } end end })
return { decide = "keep" }
