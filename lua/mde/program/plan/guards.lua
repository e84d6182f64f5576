-- Checks a plan's and a profile's guards before it is applied or resumed.
--
-- The actions and machines are read again from the service.

local cjson = require "cjson"
local config = require "mde.config.profiles"
local core = require "mde.core"
local enforcement = require "mde.program.policy.enforcement"
local failure = require "mde.program.exit"
local guard = require "mde.program.policy.guard"
local review = require "mde.program.plan.review"
local selection = require "mde.program.session.profiles"
local system = require "mde.program.system"
local terminal = require "mde.terminal"
local verdicts = require "mde.service.verdicts"

local guards = {}

-- {{ The profiles

local function same(a, b) return a ~= nil and b ~= nil and a:lower() == b:lower() end

local function is_guid(text) return core.operation.guid(text or "") ~= nil end

-- True if a profile is of the session's tenant. A domain name cannot be compared with an id; then
-- the application decides.
local function is_of_tenant(options, tenant, application)
  if same(options.tenant, tenant) then return true end
  if tenant and options.tenant and is_guid(options.tenant) == is_guid(tenant) then return false end
  return same(options.client_id, application)
end

-- Returns the profiles of the session's tenant in the configuration.
local function profiles_of(session)
  local path = config.path(system.getenv)
  if not path or not system.file.kind(path) then return {} end  -- there is no configuration
  local loaded = selection.load()
  local claims = session:sign_in() or {}
  local tenant, application = claims.tid or session.tenant,
                              claims.appid or claims.azp or session.client_id
  local list = {}
  for _, profile in ipairs(loaded and config.select(loaded, true) or {}) do
    local options = profile.options
    if is_of_tenant(options, tenant, application) or same(options.tenant, session.tenant) then
      list[#list + 1] = profile
    end
  end
  return list
end

-- Returns the guards of the profile that the user chose, else those of every profile of the tenant,
-- so that no way to sign in avoids them. -> array like that of guard.of
local function of_profiles(session, parsed)
  local chosen, found = selection.one(parsed), {}
  local is_chosen = chosen and selection.wanted(parsed) and not parsed.profile_of_plan
  for _, profile in ipairs(is_chosen and { chosen } or profiles_of(session)) do
    local own = enforcement.guards({}, profile)
    table.move(own, 1, #own, #found + 1, found)
  end
  return found
end

-- }}

-- {{ Applying a plan

-- -> entities to change, the others, true if the plan shows machines of the first
local function split_entities(made)
  local changed, others, with_machines = {}, {}, false
  for _, entity in ipairs(made.entities) do
    table.insert(guard.changes(entity) and changed or others, entity)
    with_machines = with_machines or guard.changes(entity) and review.shows_machine(entity)
  end
  return changed, others, with_machines
end

-- Returns the guards of the policies.
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

-- Raises if no action is as the plan shows.
local function check_any(reviewed, wanted)
  local first = wanted[1]
  if not first or reviewed.entities[1] then return end
  failure.raise(failure.refused, "no action is as the plan shows, such as %s: %s. Make a new plan",
    first.id, terminal.printable(reviewed.aside[first.id].message))
end

-- Reads the actions that a plan would change, and checks the guards. Raises if one is exceeded, or if
-- no action is as the plan shows. -> { entities = those as the plan shows, shown = these and the kept
-- ones, aside = { id -> { code, message } } of the others, guards = the plan's own }
function guards.review(made, session, parsed)
  local header, ids = made.header, {}
  local wanted, others, with_machines = split_entities(made)
  local binding = guard.binding(header.policies, header.guards, of_profiles(session, parsed))
  for i, entity in ipairs(wanted) do ids[i] = entity.id end
  local items, onboarded = review.read(session, ids,
    with_machines or guard.needs_machines(binding))
  failure.check(items, onboarded)
  local reviewed, now = { entities = {}, shown = others, aside = {}, guards = own_of(binding) }, {}
  for _, entity in ipairs(wanted) do
    local item = items[entity.id]
    local problem = problem_of(entity, item)
    reviewed.aside[entity.id] = problem
    if not problem then
      table.insert(reviewed.entities, entity)
      table.insert(reviewed.shown, entity)
      table.insert(now, review.entity(entity, item))
    end
  end
  check_any(reviewed, wanted)
  enforcement.check(binding, { entities = now, onboarded = onboarded })
  return reviewed
end

-- }}

-- {{ Resuming a batch

local DONE = { cancelled = true, accepted = true, undone = true, undo_accepted = true }

-- Returns the items that a batch has changed, and the open ones. -> arrays of rows
local function split(batch)
  local done, left = {}, {}
  for row in batch:rows() do
    if DONE[row.verdict] then done[#done + 1] = row
    elseif not verdicts.settled[row.verdict] then left[#left + 1] = row end
  end
  return done, left
end

-- Returns an entity for the guards. A changed item has the fields recorded at that time.
local function entity_of(row, item)
  if item then return review.entity({ decision = "cancel", policy = row.policy }, item) end
  return { id = row.id, decision = "cancel", policy = row.policy, done = true, type = row.type,
           requestor = row.requestor, machineId = row.planned_machine or row.machine_id }
end

-- Checks the guards of a plan's batch again, with the profile's current guards. `max` counts changed
-- and open items. Raises if one is exceeded. -> number of open items
function guards.check_again(session, batch, parsed)
  local done, left = split(batch)
  if #left == 0 then return 0 end
  local binding, own = of_profiles(session, parsed), cjson.decode(batch.guards or "[]")
  table.move(own, 1, #own, #binding + 1, binding)
  local ids, entities = {}, {}
  for i, row in ipairs(left) do ids[i] = row.id end
  local items, onboarded = review.read(session, ids, guard.needs_machines(binding))
  failure.check(items, onboarded)
  for _, row in ipairs(left) do
    entities[#entities + 1] = items[row.id] and entity_of(row, items[row.id])
  end
  for _, row in ipairs(done) do entities[#entities + 1] = entity_of(row) end
  enforcement.check(binding, { entities = entities, onboarded = onboarded })
  return #left
end

-- }}

return guards
