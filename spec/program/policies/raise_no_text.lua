-- policy raised a value that cannot be shown
error(setmetatable({}, { __tostring = function() return {} end }))
