-- The guards of profiles and policies: their form, how they combine, and their check.
--
-- A profile's guards apply to every change. A policy can only tighten them, for what it decides.

---@class mde.guard
---@field max? integer most changes; default 50 for policies, no limit for other commands
---@field max_share? number largest share of the onboarded machines that may be touched
---@field max_per_machine? integer most changes of one machine
---@field max_per_group? integer most changes in one device group
---@field protect_tags? string[] machines with one of these tags are protected (case does not matter; an unknown machine is protected)
---@field protect_machines? string[] so are these machines: ids, names, or the beginning of a name and a *
---@field protect_groups? string[] and those of these device groups
---@field protect_types? string[] no action of these types is launched, cancelled or undone
---@field protect_requestors? string[] no action of these requestors is cancelled or undone
---@field hours? string when something may be sent unattended, such as "22:00-06:00 UTC"
---@field overridable? boolean false, in a profile: its guards cannot be overridden

local check = require "mde.program.policy.check"
local hours = require "mde.program.policy.hours"
local kinds = require "mde.service.kinds"
local protection = require "mde.program.policy.protection"
local tables = require "mde.base.tables"

local guard = { max = 50 }

-- Form

local function hours_text(path, value)
  return check.expect(path, value, hours.parse(value) ~= nil, hours.expected)
end

-- Rejects names that no machine can have: they would protect nothing.
local function machine_name(path, value)
  return check.expect(path, value, type(value) == "string" and value:find "^[^*%s]*%*?$" ~= nil
    and value ~= "", "an id or name of a machine, or the beginning of one and a *")
end

local TYPES = {}
for _, name in ipairs(kinds.types) do TYPES[name:lower()] = true end

local function action_type(path, value)
  return check.expect(path, value, type(value) == "string" and TYPES[value:lower()] ~= nil,
    "one of " .. table.concat(kinds.types, ", "))
end

local function each_of(kind)
  return function(path, value)
    local list = check.texts(path, value)
    for i, text in ipairs(list) do kind(check.inside(path, i), text) end
    return list
  end
end

local LIMITS = { "max", "max_share", "max_per_machine", "max_per_group" }
local LISTS = { "protect_tags", "protect_machines", "protect_groups", "protect_types",
                "protect_requestors" }
local KINDS = { max = check.count, max_share = check.share, max_per_machine = check.count,
                max_per_group = check.count, hours = hours_text }
for _, name in ipairs(LISTS) do KINDS[name] = check.texts end
guard.names = tables.keys(KINDS)

function KINDS.overridable(path, value)
  return check.expect(path, value, type(value) == "boolean", "true or false")
end
KINDS.protect_machines, KINDS.protect_types = each_of(machine_name), each_of(action_type)

-- Checks the guards that a user wrote. Raises the first problem: see mde.program.policy.check.
function guard.form(path, value)
  local checked = {}
  check.keys(path, value, KINDS)
  for name, kind in pairs(KINDS) do
    if value[name] ~= nil then
      checked[name] = kind(check.inside(path, name), value[name])
    end
  end
  return checked
end

-- The guards of a plan: the profile's, which limit all of it, and those of each policy, which
-- limit its decisions. Array of guard.form's results, with `from` (their owner, in words), `policy`
-- (its name, if a policy owns them) and `unsaid` (max is the default).

-- Returns how a policy's guards are looser than the profile's, as a text, or nil.
local function loosened(own, profile, from)
  for _, name in ipairs(LIMITS) do
    local value, most = own[name], profile[name]
    if value and most and value > most then
      return ("guard.%s: %s is looser than the %s of %s"):format(name, value, most, from)
    end
  end
  if own.hours and profile.hours
     and not hours.parse(own.hours):within(hours.parse(profile.hours)) then
    return ("guard.hours: %s is not within the %s of %s"):format(own.hours, profile.hours, from)
  end
end

-- Returns the guards of a plan of policies (mde.program.policy). `profile` has the profile's guards
-- (guard.form), or is nil; `from` is the profile in words. -> guards | nil, a message that names
-- both guards if one is looser than the other
function guard.of(policies, profile, from)
  local guards = { profile and tables.merged(profile, { from = from }) }
  for _, policy in ipairs(policies) do
    local own = policy.guard
    local problem = loosened(own, profile or {}, from)
    if problem then return nil, policy.path .. ": " .. problem end
    local is_unsaid = not own.max and not (profile and profile.max)
    guards[#guards + 1] = tables.merged(own, { from = policy.name, policy = policy.name,
      max = is_unsaid and guard.max or own.max, unsaid = is_unsaid or nil })
  end
  return guards
end

-- Returns the guards of a plan that was read: those in the plan, with today's default, and those of
-- `profiles` (array of guard.form with `from`) in the current configuration. If both have a profile's
-- guards, the current ones count.
function guard.binding(policies, stated, profiles)
  local guards, has_max, own, known = {}, false, {}, {}
  for _, each in ipairs(profiles) do
    guards[#guards + 1], has_max = each, has_max or each.max ~= nil
    known[each.from or each] = true
  end
  for _, each in ipairs(stated) do
    if each.policy then own[each.policy] = each
    elseif not known[each.from] then guards[#guards + 1] = each end
  end
  for _, policy in ipairs(policies) do
    local each = own[policy.name] or { from = policy.name, policy = policy.name }
    local is_unsaid = not has_max and (not each.max or each.unsaid)
    guards[#guards + 1] = tables.merged(each, is_unsaid
      and { max = math.min(each.max or guard.max, guard.max), unsaid = true } or {})
  end
  return guards
end

-- Returns whether any of `guards` has one of these.
local function has(guards, ...)
  for _, each in ipairs(guards) do
    for i = 1, select("#", ...) do
      if each[(select(i, ...))] then return true end
    end
  end
  return false
end

guard.has = has

-- Returns whether they need the machines' records.
function guard.needs_machines(guards)
  return has(guards, "max_share", "max_per_group", "protect_tags", "protect_groups")
end

-- Check

local UNKNOWN = "(unknown)"

-- Counts the changed actions, in all, per machine and per group.
local function tally(entities)
  local count = { all = 0, machines = 0, nameless = 0, machine = {}, group = {} }
  for _, entity in ipairs(entities) do
    local id, group = entity.machineId, entity.rbacGroupName or UNKNOWN
    local is_changed = guard.changes(entity)
    if is_changed then count.all = count.all + 1 end
    if is_changed and not entity.no_machine then
      if not id then count.nameless = count.nameless + 1
      elseif not count.machine[id] then count.machines = count.machines + 1 end
      count.machine[id or UNKNOWN] = (count.machine[id or UNKNOWN] or 0) + 1
      count.group[group] = (count.group[group] or 0) + 1
    end
  end
  return count
end

local function most_of(counts)
  local key, most = nil, 0
  for name, count in pairs(counts) do
    if count > most or count == most and key and name < key then key, most = name, count end
  end
  return key, most
end

local LIMIT = "%s; the %slimit is %s"

local function limits(guards, count, onboarded, violate)
  local function over(name, value, text, except)
    local limit = guards[name]
    if not limit or value <= limit then return end
    violate(name, value, LIMIT:format(text,
      name == "max" and guards.unsaid and "default " or "",
      name == "max_share" and ("%.4g %%"):format(limit * 100) or ("%d"):format(limit)), except)
  end
  over("max", count.all, ("%d changes"):format(count.all))
  local machine, on_machine = most_of(count.machine)
  over("max_per_machine", on_machine, ("%d changes of the machine %s"):format(on_machine, machine),
    machine and machine ~= UNKNOWN and "--except-machine " .. machine)
  local group, in_group = most_of(count.group)
  over("max_per_group", in_group, ("%d changes in the group %s"):format(in_group, group),
    group and group ~= UNKNOWN and "--except-group " .. group)
  local touched = count.machines + count.nameless
  if guards.max_share and touched > 0 then
    local share = onboarded and onboarded > 0 and touched / onboarded or math.huge
    over("max_share", share, onboarded
      and ("%d of %d onboarded machines"):format(touched, onboarded)
      or ("%d machines (number of onboarded machines unknown)"):format(touched))
  end
end

-- True if an entity of a plan would be changed.
function guard.changes(entity)
  if entity.decision == "undo" then return entity.steps ~= nil and entity.steps[1] ~= nil end
  return entity.decision ~= "keep"
end

-- Returns the entities that one owner's guards limit.
local function bounded(each, entities)
  if not each.policy then return entities end
  local list = {}
  for _, entity in ipairs(entities) do
    if entity.policy == each.policy then list[#list + 1] = entity end
  end
  return list
end

local function protected(guards, entities, violate, union)
  local open = {}
  for _, entity in ipairs(entities) do
    if guard.changes(entity) and not entity.done then open[#open + 1] = entity end
  end
  for _, name in ipairs(LISTS) do
    local found, first, reasons = {}, nil, nil
    if guards[name] then found, first, reasons = protection.find(name, guards[name], open) end
    for _, entity in ipairs(found) do
      if not union[entity] then union[entity], union.count = true, union.count + 1 end
    end
    if first then
      violate(name, #found, ("%d %s protected: %s%s"):format(#found, #found == 1 and "is" or "are",
        first, found[2] and ", …" or ""), nil, reasons)
    end
  end
end

-- Checks the entities of a plan (see mde.program.plan), or of other changes, but not the hours.
-- One that is `done` counts, but cannot be protected any more. `onboarded`: the number of
-- onboarded machines. -> array of violations, number of protected entities
--
-- A violation has guard, from, count, limit, text, message (text, with guard and owner), is_fixed
-- (it cannot be overridden), except (the option that leaves its machines out), and if it protects
-- reasons: array of { label, count, machines (the first), others (how many more), except }.
function guard.check(guards, entities, onboarded)
  local violations, union = {}, { count = 0 }
  for _, each in ipairs(guards) do
    local function violate(name, count, text, except, reasons)
      violations[#violations + 1] = { guard = name, from = each.from, count = count,
        limit = each[name], is_fixed = each.overridable == false, except = except or nil,
        reasons = reasons, text = text,
        message = ("guard %s of %s: %s"):format(name, each.from, text) }
    end
    local own = bounded(each, entities)
    limits(each, tally(own), onboarded, violate)
    protected(each, own, violate, union)
  end
  return violations, union.count
end

-- -> true if requests may be sent at `moment`, seconds until that changes (nil: never)
function guard.open(guards, moment)
  local list = {}
  for _, each in ipairs(guards) do list[#list + 1] = each.hours and hours.parse(each.hours) end
  return hours.open(list, moment)
end

-- Returns the hours in words.
function guard.hours(guards)
  local list = {}
  for _, each in ipairs(guards) do list[#list + 1] = each.hours end
  return table.concat(list, ", and ")
end

return guard
