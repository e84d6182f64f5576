-- Digests, for the memory test.
return function()
  local core = require "mde.core"
  local digest = core.digest()
  for _ = 1, 10 do digest:update "ab" end
  assert(digest:hex() == core.sha256(("ab"):rep(10)))
end
