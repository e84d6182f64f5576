-- Makes a plan of policies' decisions on a tenant's actions.

local enforcement = require "mde.program.policy.enforcement"
local failure = require "mde.program.exit"
local plans = require "mde.program.plan"
local policies = require "mde.program.policy"
local stores = require "mde.program.session.store"

local making = {}

-- Loads policies again, with the time of a plan. -> the guards of that plan, its time
function making.renew(session, loaded, profile)
  local now = session.clock.wall()
  for _, policy in ipairs(loaded) do failure.check(policy:renew(now)) end
  return enforcement.guards(loaded, profile), now
end

-- Adds guards of other profiles than the chosen one.
local function add(guards, others)
  local known = {}
  for _, each in ipairs(guards) do known[each.from] = true end
  for _, each in ipairs(others) do guards[#guards + 1] = not known[each.from] and each or nil end
end

-- Reads and decides. `bound`: guards of the tenant's profiles, which limit the plan too, or nil.
-- -> plan, decided, guards; raises the error
function making.make(session, loaded, profile, parsed, bound)
  local guards, now = making.renew(session, loaded, profile)
  add(guards, bound or {})
  local decided = policies.decide_all(session, loaded, guards)
  local made = plans.new(session, loaded, guards, decided, { made = now,
    by = stores.who(), expires = parsed.expires })
  return made, decided, guards
end

return making
