-- The client's main paths over the simulator: sign in, list, cancel one that
-- answers and one whose answer is lost, cancel many.

local world = require "spec.support.world"

local client, service = world.new { oddities = {
  lost_after = { operation = "cancel", nth = 2 } } }
local ids = world.add(service, 4, function(i) return { age = i } end)

return function()
  local actions = assert(client:list { status = "Pending", older_than = 0 })
  assert(#actions == 4)
  for i = 1, 2 do
    local action, verdict = client:cancel(actions[i], { comment = "by mistake" })
    assert(action, verdict)
    assert(verdict == "cancelled")
  end
  local report = assert(client:cancel_all(ids, { comment = "by mistake", parallel = 2 }))
  assert(report.total == 4)
  client:close()
end, 7
