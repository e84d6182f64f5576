-- Loads the guards of policies and profile, and refuses plans that exceed them.

local failure = require "mde.program.exit"
local guard = require "mde.program.policy.guard"
local notify = require "mde.program.batch.notify"

local enforcement = {}

-- Returns the guards of the policies and of the chosen profile. Raises if they contradict.
function enforcement.guards(loaded, profile)
  local named = profile and "the profile " .. profile.name
  local own, guards, problem
  if profile and profile.guard then
    own, problem = require "mde.program.policy.check".problem(guard.form,
      ("profiles.%s.guard"):format(profile.name), profile.guard)
    failure.misuse_if(problem, "%s", problem)
  end
  guards, problem = guard.of(loaded, own, named)
  failure.misuse_if(problem, "%s", problem)
  return guards
end

-- Raises if the plan exceeds guards, and lists all of them. Notifies of the refusal, except if the
-- plan `is_only_shown`.
function enforcement.check(guards, decided, is_only_shown)
  local violations = guard.check(guards, decided.entities, decided.onboarded)
  if not violations[1] then return end
  local lines = {}
  for i, violation in ipairs(violations) do lines[i] = violation.message end
  if not is_only_shown then
    notify.tell("refused", { guard = violations[1].guard, message = table.concat(lines, "; ") })
  end
  lines[#lines + 1] = "the plan is refused; nothing was changed"
  failure.raise(failure.refused, ("%s"):rep(#lines, "\n     "), table.unpack(lines))
end

return enforcement
