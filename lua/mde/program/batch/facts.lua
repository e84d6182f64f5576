-- Reads for guards: actions, machines, and the number of onboarded machines.
--
-- Reads only facts that the guards need and the caller has not read. If a fact cannot be read, it
-- stays unknown, and the change gets the `problem` as text.

local client = require "mde.program.session.client"
local errors = require "mde.base.errors"
local guard = require "mde.program.policy.guard"
local kinds = require "mde.service.kinds"
local review = require "mde.program.plan.review"
local tables = require "mde.base.tables"
local tenant = require "mde.program.policy.tenant"

local facts = {}

local FEW_MISSING = 2
local FEW = 10  -- machines that are read one by one; for more, all are listed

-- Changes as guards see them: see guard.check

local OF_ACTIONS = tables.set { "cancel", "undo" }
local OF_FILES = tables.set { "upload", "delete_file" }

-- The last part of a path that launches an action -> the action's type.
local LAUNCHES = { runliveresponse = "LiveResponse" }
for _, name in ipairs(kinds.types) do LAUNCHES[name:lower()] = name end

local MACHINE = "/machines/(" .. ("%x"):rep(40) .. ")"

-- Adds the action or machine in the path of a free request.
local function add_path(entity, path)
  path = path:lower()
  local action = path:match "/machineactions/(%x[%x-]+)"
  if action then entity.action, entity.is_unread = action, true
  else
    entity.machineId, entity.type = path:match(MACHINE), LAUNCHES[path:match "/(%a+)$"]
    entity.no_machine = not path:find "/machines"
  end
end

-- Verdicts of items that a batch has changed.
facts.done = tables.set { "cancelled", "accepted", "undone", "undo_accepted", "launched",
                          "succeeded", "done" }

local function entity_of(row)
  local change, entity = row.change or "cancel", { id = row.id, policy = row.policy }
  if OF_ACTIONS[change] and facts.done[row.verdict] then
    entity.type, entity.requestor, entity.computerDnsName = row.type, row.requestor, row.machine
    entity.machineId = row.planned_machine or row.machine_id
  elseif OF_ACTIONS[change] then entity.action, entity.is_unread = row.id, true
  elseif change == "request" then add_path(entity, row.id)
  elseif OF_FILES[change] then entity.no_machine = true
  else
    local kind = kinds.launched_by[change]
    entity.machineId = row.planned_machine or row.machine_id or row.id
    entity.type = kind and kind.type
  end
  entity.done = facts.done[row.verdict]
  return entity
end

local function add_action(entity, action)
  entity.is_unread, entity.problem = nil, nil
  entity.type, entity.requestor = action.type, action.requestor
  entity.machineId = action.machineId and action.machineId:lower()
  entity.computerDnsName = action.computerDnsName
end

local function add_machine(entity, machine)
  entity.known, entity.problem = true, nil
  entity.computerDnsName = machine.computerDnsName or entity.computerDnsName
  entity.machineTags, entity.rbacGroupName = machine.machineTags, machine.rbacGroupName
end

-- Reading

-- Returns why a record is not known, as text. Raises an interruption, or a defect.
local function problem_of(err)
  if not errors.is(err) or err.code == "interrupted" then error(err, 0) end
  return err.code == "not_found" and "the service does not know it" or tostring(err)
end

local function read_actions(session, entities)
  local ids, missing = {}, "the service does not know it"
  for _, entity in ipairs(entities) do
    if entity.is_unread then ids[#ids + 1] = entity.action end
  end
  if not ids[1] then return end
  local done, found = pcall(review.actions, session, ids, FEW_MISSING)
  if not done then found, missing = {}, problem_of(found) end
  for _, entity in ipairs(entities) do
    if entity.is_unread then
      local action = found[entity.action]
      if action then add_action(entity, action) else entity.problem = missing end
    end
  end
end

-- Reads machines one by one. -> { id -> machine }, { id -> why it is not known }
local function each_machine(session, ids)
  local found, problems = {}, {}
  for _, id in ipairs(ids) do
    local err
    found[id], err = session:machine(id)
    problems[id] = err and problem_of(err)
  end
  return found, problems
end

-- Lists all machines. -> the same, and how many machines are onboarded (nil: not known)
local function all_machines(session, ids)
  local items, found, problems = {}, {}, {}
  for i, id in ipairs(ids) do items[i] = { action = { machineId = id } } end
  local done, onboarded = pcall(tenant.read_machines, session, items)
  local problem = done and "the service does not know it" or problem_of(onboarded)
  for i, id in ipairs(ids) do
    found[id] = items[i].machine
    problems[id] = not found[id] and problem or nil
  end
  return found, problems, done and onboarded or nil
end

-- Reads machines of the entities that `wants` accepts. -> how many are onboarded (nil: not read)
local function read_machines(session, entities, wants, with_onboarded)
  local ids, seen = {}, {}
  for _, entity in ipairs(entities) do
    local id = wants(entity) and entity.machineId
    if id and not seen[id] then ids[#ids + 1], seen[id] = id, true end
  end
  if not ids[1] and not with_onboarded then return nil end
  local read = (with_onboarded or #ids > FEW) and all_machines or each_machine
  local found, problems, onboarded = read(session, ids)
  for _, entity in ipairs(entities) do
    local machine = wants(entity) and found[entity.machineId]
    if machine then add_machine(entity, machine)
    elseif wants(entity) then entity.problem = entity.problem or problems[entity.machineId] end
  end
  return onboarded
end

-- Returns whether guards need more than the number of changes and the time.
function facts.are_needed(guards)
  return guard.has(guards, "max_share", "max_per_machine", "max_per_group", "protect_tags",
    "protect_machines", "protect_groups", "protect_types", "protect_requestors")
end

-- `record`: an action or machine, or an entity of a plan, which has fields of both; or nil.
local function with_record(entity, record)
  if record and entity.is_unread then
    add_action(entity, record)
    if record.known then add_machine(entity, record) end
  elseif record then add_machine(entity, record) end
  return entity
end

local COUNTED = {}  -- stands for each change, if only their number is needed

-- Reads the facts that the guards need about `rows` (an iterator over a batch's items). `known`:
-- { id -> action or machine } that the caller has read.
-- -> entities, number of onboarded machines (nil: not read)
function facts.read(session, guards, rows, known)
  local entities, is_needed = {}, facts.are_needed(guards)
  for row in rows do
    entities[#entities + 1] = is_needed and with_record(entity_of(row), known and known[row.id])
                              or COUNTED
  end
  if not is_needed then return entities end
  client.bounded(session, {})
  read_actions(session, entities)
  local is_named = guard.has(guards, "protect_machines")
  local needs_records = guard.has(guards, "max_per_group", "protect_tags", "protect_groups")
  local onboarded = read_machines(session, entities, function(entity)
    return not entity.known and not entity.no_machine
           and (needs_records or is_named and not entity.computerDnsName)
  end, guard.has(guards, "max_share"))
  session.ends_at = nil
  return entities, onboarded
end

return facts
