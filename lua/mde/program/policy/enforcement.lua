-- Guards of policies and profiles, loaded and enforced: what contradicts or exceeds them raises.

local failure = require "mde.program.exit"
local guard = require "mde.program.policy.guard"

local enforcement = {}

-- The guards of the policies and of the profile that the command line chooses. Raises what
-- does not go together.
function enforcement.guards(loaded, profile)
  local named = profile and "the profile " .. profile.name
  local own, problem
  if profile and profile.guard then
    own, problem = require "mde.program.policy.check".problem(guard.form,
      ("profiles.%s.guard"):format(profile.name), profile.guard)
    if problem then failure.raise(failure.usage, "%s", problem) end
  end
  local guards
  guards, problem = guard.of(loaded, own, named)
  if not guards then failure.raise(failure.usage, "%s", problem) end
  return guards
end

-- Raises where the plan exceeds a guard: all of them are said.
function enforcement.check(guards, decided)
  local violations = guard.check(guards, decided.entities, decided.onboarded)
  if not violations[1] then return end
  local lines = {}
  for i, violation in ipairs(violations) do lines[i] = violation.message end
  lines[#lines + 1] = "the plan is refused, and nothing was changed"
  failure.raise(failure.refused, ("%s"):rep(#lines, "\n     "), table.unpack(lines))
end

return enforcement
