-- Secrets, for the memory test.
return function()
  local core = require "mde.core"
  local secret = core.secret(("hunter2"):rep(100))
  assert(tostring(secret) == "<secret>")
  assert(secret == core.secret(("hunter2"):rep(100)))
  assert(secret:reveal() == ("hunter2"):rep(100))
end
