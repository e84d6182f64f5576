-- Guards: limits that refuse a whole plan, whatever its policies decide.
--
-- They come from a profile and from policies. A policy can only tighten them.

---@class mde.guard
---@field max? integer most actions changed; default 50
---@field max_share? number largest share of the onboarded machines affected, such as 0.05
---@field max_per_machine? integer most actions changed on one machine
---@field max_per_group? integer most actions changed in one device group
---@field protect_tags? string[] actions on these machines are not changed (ignores case; an unknown machine counts as protected); the same holds for:
---@field protect_machines? string[]
---@field protect_groups? string[]
---@field protect_types? string[]
---@field protect_requestors? string[]
---@field hours? string|string[] times when requests may be sent, such as "22:00-06:00 UTC"

local check = require "mde.program.policy.check"
local hours = require "mde.program.policy.hours"
local kinds = require "mde.service.kinds"
local tables = require "mde.base.tables"

local guard = { max = 50 }

-- {{ Form

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

-- }}

-- {{ The guards of a plan: the profile's, which limit all of it, and those of each policy, which
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
-- `profiles` (array of guard.form with `from`) in the current configuration.
function guard.binding(policies, stated, profiles)
  local guards, has_max, own = {}, false, {}
  for _, each in ipairs(profiles) do
    guards[#guards + 1], has_max = each, has_max or each.max ~= nil
  end
  for _, each in ipairs(stated) do
    if each.policy then own[each.policy] = each else guards[#guards + 1] = each end
  end
  for _, policy in ipairs(policies) do
    local each = own[policy.name] or { from = policy.name, policy = policy.name }
    local is_unsaid = not has_max and (not each.max or each.unsaid)
    guards[#guards + 1] = tables.merged(each, is_unsaid
      and { max = math.min(each.max or guard.max, guard.max), unsaid = true } or {})
  end
  return guards
end

-- True if the guards need the records of machines.
function guard.needs_machines(guards)
  for _, each in ipairs(guards) do
    if each.max_share or each.max_per_group or each.protect_tags or each.protect_groups then
      return true
    end
  end
  return false
end

-- }}

-- {{ Check

local function set_of(list)
  local set = {}
  for _, text in ipairs(list or {}) do set[text:lower()] = true end
  return set
end

-- Returns a test for names of machines. The list has full names, short names, or beginnings with *.
local function machine_test(list)
  local set, lengths = set_of(list), {}  -- lengths of the beginnings
  for name in pairs(set) do
    if name:sub(-1) == "*" then lengths[#name - 1] = true end
  end
  return function(text)
    local lower = text:lower()
    if set[lower] or set[lower:match "^[^.]+"] then return true end
    for length in pairs(lengths) do
      if length <= #lower and set[lower:sub(1, length) .. "*"] then return true end
    end
    return false
  end
end

-- Functions of a guard's list -> function(entity of a plan) -> the reason of its protection, or nil.
local PROTECT = {}

function PROTECT.protect_tags(list)
  local set = set_of(list)
  return function(entity)
    if not entity.known then return "an unknown machine" end
    for _, tag in ipairs(entity.machineTags or {}) do
      if set[tag:lower()] then return "the tag " .. tag end
    end
  end
end

function PROTECT.protect_groups(list)
  local set = set_of(list)
  return function(entity)
    if not entity.known then return "an unknown machine" end
    local name = entity.rbacGroupName
    return name and set[name:lower()] and "the group " .. name
  end
end

function PROTECT.protect_machines(list)
  local is_protected = machine_test(list)
  return function(entity)
    local id, name = entity.machineId, entity.computerDnsName
    if id and is_protected(id) or name and is_protected(name) then
      return "the machine " .. (name or id)
    end
    return not (id and name) and "an unknown machine" or nil
  end
end

function PROTECT.protect_types(list)
  local set = set_of(list)
  return function(entity)
    return set[(entity.type or ""):lower()] and "the type " .. entity.type
  end
end

function PROTECT.protect_requestors(list)
  local set = set_of(list)
  return function(entity)
    return set[(entity.requestor or ""):lower()] and "the requestor " .. entity.requestor
  end
end

-- Counts the changed actions, in all, per machine and per group.
local function tally(entities)
  local count = { all = 0, machines = 0, nameless = 0, machine = {}, group = {} }
  for _, entity in ipairs(entities) do
    if guard.changes(entity) then
      local id, group = entity.machineId, entity.rbacGroupName or "(unknown)"
      count.all = count.all + 1
      if not id then count.nameless = count.nameless + 1
      else
        if not count.machine[id] then count.machines = count.machines + 1 end
        count.machine[id] = (count.machine[id] or 0) + 1
      end
      count.group[group] = (count.group[group] or 0) + 1
    end
  end
  return count
end

-- Returns the key with the highest count, and that count.
local function most_of(counts)
  local key, most = nil, 0
  for name, count in pairs(counts) do
    if count > most or count == most and key and name < key then key, most = name, count end
  end
  return key, most
end

local function limits(guards, count, onboarded, violate)
  local function over(name, value, text)
    local limit = guards[name]
    if not limit or value <= limit then return end
    violate(name, value, ("%s; the %slimit is %s"):format(text,
      name == "max" and guards.unsaid and "default " or "",
      name == "max_share" and ("%.4g %%"):format(limit * 100) or ("%d"):format(limit)))
  end
  over("max", count.all, ("%d actions would be changed"):format(count.all))
  local machine, on_machine = most_of(count.machine)
  over("max_per_machine", on_machine, ("%d actions on the machine %s"):format(on_machine, machine))
  local group, in_group = most_of(count.group)
  over("max_per_group", in_group, ("%d actions in the group %s"):format(in_group, group))
  if guards.max_share and count.all > 0 then
    local touched = count.machines + count.nameless
    local share = onboarded and onboarded > 0 and touched / onboarded or math.huge
    over("max_share", share, onboarded
      and ("%d of %d onboarded machines would be affected"):format(touched, onboarded)
      or ("%d machines would be affected (number of onboarded machines unknown)"):format(touched))
  end
end

local function protected(guards, entities, violate)
  for _, name in ipairs(LISTS) do
    local of = guards[name] and PROTECT[name](guards[name])
    local count, first = 0, nil
    for _, entity in ipairs(of and entities or {}) do
      local why = guard.changes(entity) and not entity.done and of(entity)
      if why then count, first = count + 1, first or ("%s has %s"):format(entity.id, why) end
    end
    if first then
      violate(name, count, ("%d %s protected: %s%s"):format(count,
        count == 1 and "action is" or "actions are", first, count > 1 and ", …" or ""))
    end
  end
end

-- True if an entity of a plan would be changed.
function guard.changes(entity)
  return entity.decision == "cancel"
         or entity.decision == "undo" and entity.steps ~= nil and entity.steps[1] ~= nil
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

-- Checks all guards but the hours on the entities of a plan (see mde.program.plan). An entity that
-- is `done` counts, but is not protected any more. `onboarded` is the number of onboarded machines.
-- -> array of violations { guard, from, count, limit, message }
function guard.check(guards, entities, onboarded)
  local violations = {}
  for _, each in ipairs(guards) do
    local function violate(name, count, text)
      violations[#violations + 1] = { guard = name, from = each.from, count = count,
        limit = each[name], message = ("guard %s of %s: %s"):format(name, each.from, text) }
    end
    local own = bounded(each, entities)
    limits(each, tally(own), onboarded, violate)
    protected(each, own, violate)
  end
  return violations
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

-- }}

return guard
