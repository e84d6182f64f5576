-- worker signal 11
-- After an error in it gmatch no longer knows how deep it is.
local step = ("a"):rep(1e6):gmatch(("a?"):rep(1e6))
pcall(step)
pcall(step)
return { decide = "cancel" }
