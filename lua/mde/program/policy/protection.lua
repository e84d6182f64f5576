-- Finds the changes that a guard protects: by tag, machine, group, type or requestor.

local protection = {}

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

-- Each returns a test: entity -> why it is protected (in a sentence about one, and about several),
-- and the option that leaves it out (nil: none does) | nil
local TESTS = {}

local UNKNOWN = "an unknown machine"

local function unknown(entity, except)
  return entity.problem and ("%s (%s)"):format(UNKNOWN, entity.problem) or UNKNOWN,
         "on unknown machines", except
end

function TESTS.protect_tags(list)
  local set = set_of(list)
  return function(entity)
    if not entity.known then return unknown(entity, "--except-tag " .. list[1]) end
    for _, tag in ipairs(entity.machineTags or {}) do
      if set[tag:lower()] then
        return "the tag " .. tag, "tagged " .. tag, "--except-tag " .. tag
      end
    end
  end
end

function TESTS.protect_groups(list)
  local set = set_of(list)
  return function(entity)
    local name = entity.rbacGroupName
    if not entity.known then return unknown(entity, "--except-group " .. list[1]) end
    if name and set[name:lower()] then
      return "the group " .. name, "in the group " .. name, "--except-group " .. name
    end
  end
end

function TESTS.protect_machines(list)
  local is_protected = machine_test(list)
  return function(entity)
    local id, name = entity.machineId, entity.computerDnsName
    if id and is_protected(id) or name and is_protected(name) then
      return "the machine " .. (name or id), "on protected machines",
             "--except-machine " .. (name or id)
    end
    if not (id and name) then return unknown(entity, id and "--except-machine " .. id) end
  end
end

local function unknown_action(entity)
  return ("an unknown action%s"):format(
    entity.problem and (" (%s)"):format(entity.problem) or ""), "unknown"
end

function TESTS.protect_types(list)
  local set = set_of(list)
  return function(entity)
    if entity.is_unread then return unknown_action(entity) end
    if set[(entity.type or ""):lower()] then
      return "the type " .. entity.type, "of the type " .. entity.type
    end
  end
end

function TESTS.protect_requestors(list)
  local set = set_of(list)
  return function(entity)
    if entity.is_unread then return unknown_action(entity) end
    local name = entity.requestor
    if set[(name or ""):lower()] then
      return "the requestor " .. name, "of the requestor " .. name, "--except-requestor " .. name
    end
  end
end

local ABOUT_MACHINES = { protect_tags = true, protect_groups = true, protect_machines = true }

local SHOWN = 3  -- machines of one reason

-- Adds a protected entity to its reason. -> the list of reasons
local function add_reason(reasons, entity, label, except)
  local reason = reasons[label]
  if not reason then
    reason = { label = label, count = 0, machines = {}, others = 0, except = except, seen = {} }
    reasons[label], reasons[#reasons + 1] = reason, reason
  end
  reason.count = reason.count + 1
  local name = entity.computerDnsName or entity.machineId or entity.id
  if reason.seen[name] then return end
  reason.seen[name] = true
  if reason.machines[SHOWN] then reason.others = reason.others + 1
  else table.insert(reason.machines, name) end
end

-- The protected ones among changes (entities of a plan). `name`: the guard, "protect_tags", …;
-- `list`: its value. -> array of them; why the first is (text), reasons (see guard.check)
function protection.find(name, list, entities)
  local test, found, first, reasons = TESTS[name](list), {}, nil, {}
  for _, entity in ipairs(entities) do
    local why, label, except
    if not (entity.no_machine and ABOUT_MACHINES[name]) then why, label, except = test(entity) end
    if why then
      found[#found + 1], first = entity, first or ("%s has %s"):format(entity.id, why)
      add_reason(reasons, entity, label, except)
    end
  end
  return found, first, reasons
end

return protection
