-- Checks a plan's and a profile's guards before it is applied.
--
-- The actions and machines are read again from the service.

local bound = require "mde.program.batch.guards"
local failure = require "mde.program.exit"
local guard = require "mde.program.policy.guard"
local review = require "mde.program.plan.review"
local terminal = require "mde.terminal"

local guards = {}

-- -> entities to change, the others, true if the plan shows machines of the first
local function split_entities(made)
  local changed, others, with_machines = {}, {}, false
  for _, entity in ipairs(made.entities) do
    table.insert(guard.changes(entity) and changed or others, entity)
    with_machines = with_machines or guard.changes(entity) and review.shows_machine(entity)
  end
  return changed, others, with_machines
end

local function own_of(binding)
  local list = {}
  for _, each in ipairs(binding) do list[#list + 1] = each.policy and each end
  return list
end

-- Returns why an entity is not changed, or nil. `item`: the action and machine read now.
local function problem_of(entity, item)
  if not item then return { code = "not_found", message = "the service knows no such action" } end
  local difference = review.difference(entity, item)
  return difference and { code = "changed", message = difference }
end

-- Raises if no action is as the plan shows. `count`: how many are.
local function check_any(reviewed, wanted, count)
  local first = wanted[1]
  if not first or count > 0 then return end
  failure.raise(failure.refused, "no action is as the plan shows, such as %s: %s. Make a new plan",
    first.id, terminal.printable(reviewed.aside[first.id].message))
end

-- Reads the actions that a plan would change, and checks the guards. Raises if no action is as the
-- plan shows. -> { shown = those as the plan shows and the kept ones, aside = { id -> { code, message
-- } } of the others, guards = the plan's own, violations (see mde.program.batch.guards.find) }
function guards.review(made, session, parsed)
  local header, ids = made.header, {}
  local wanted, others, with_machines = split_entities(made)
  local binding = guard.binding(header.policies, header.guards, bound.of(session, parsed))
  for i, entity in ipairs(wanted) do ids[i] = entity.id end
  local items, onboarded = review.read(session, ids,
    with_machines or guard.needs_machines(binding))
  local reviewed, now = { shown = others, aside = {}, guards = own_of(binding) }, {}
  for _, entity in ipairs(wanted) do
    local item = items[entity.id]
    local problem = problem_of(entity, item)
    reviewed.aside[entity.id] = problem
    if not problem then
      table.insert(reviewed.shown, entity)
      table.insert(now, review.entity(entity, item))
    end
  end
  check_any(reviewed, wanted, #now)
  local violations, protected = guard.check(binding, now, onboarded)
  violations.bound, violations.count, violations.protected = binding, #now, protected
  reviewed.violations = violations
  return reviewed
end

return guards
