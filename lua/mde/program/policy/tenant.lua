-- Reads a tenant's actions and machines, and decides on them by policies.

local decision = require "mde.program.policy.decision"
local entity = require "mde.program.policy.entity"
local guard = require "mde.program.policy.guard"
local kinds = require "mde.service.kinds"
local standing = require "mde.program.policy.standing"

local tenant = {}

-- Reading the tenant

-- Adds the actions that the policy selects to `found`.
local function read_actions(session, self, found)
  local chosen = {}
  for action in session:actions(self.select) do
    local id = action.id:lower()
    local item = found.by_id[id]
    if not item then
      item = { action = entity.action(action, action:age()), answers = {} }
      found.by_id[id], found[#found + 1] = item, item
    end
    chosen[#chosen + 1] = item
  end
  found.of[self] = chosen
end

-- Reads all machines and sets those of the items. -> number of onboarded machines; raises the error
function tenant.read_machines(session, items)
  local wanted, onboarded = {}, 0
  for _, item in ipairs(items) do
    local id = item.action.machineId
    if id then wanted[id:lower()] = false end
  end
  for machine in session:machines() do
    if machine.onboardingStatus == "Onboarded" then onboarded = onboarded + 1 end
    local id = machine.id:lower()
    if wanted[id] == false then wanted[id] = entity.machine(machine) end
  end
  for _, item in ipairs(items) do
    local id = item.action.machineId
    item.machine = id and wanted[id:lower()] or nil
  end
  return onboarded
end

local function takes_machine(policies)
  for _, each in ipairs(policies) do
    if each.takes_machine then return true end
  end
  return false
end

-- Deciding

-- Returns the entity of a plan: the decision, and the action's fields that show later if it has
-- changed. See mde.program.plan.
function tenant.planned(item, answer)
  local action, machine = item.action, item.machine
  local made = {
    decision = answer.decision, reason = answer.reason, policy = answer.policy,
    id = action.id:lower(), type = action.type, status = action.status,
    machineId = action.machineId and action.machineId:lower(),
    computerDnsName = action.computerDnsName, requestor = action.requestor,
    creationDateTimeUtc = action.creationDateTimeUtc,
    lastUpdateDateTimeUtc = action.lastUpdateDateTimeUtc, known = machine ~= nil or nil,
    machineTags = machine and machine.machineTags,
    rbacGroupName = machine and machine.rbacGroupName,
  }
  if made.decision == "undo" then
    made.steps, made.note = decision.undoing(action, answer.had_begun)
  end
  return made
end

-- -> nil | err
local function ask_one(policy, items)
  local done, err = policy:decide_many(items, function(item, answer, reason)
    table.insert(item.answers, { policy = policy.name, decision = answer, reason = reason })
  end)
  local closed, problem = policy:close()
  if not (done and closed) then return err or problem end
end

-- Lets all policies decide, and ends their workers. Raises the first error.
local function ask(policies, found)
  local failure
  for _, each in ipairs(policies) do
    if failure then each:close() else failure = ask_one(each, found.of[each]) end
  end
  if failure then error(failure, 0) end
end

local function read(session, policies, guards)
  local found = { by_id = {}, of = {} }
  for _, each in ipairs(policies) do read_actions(session, each, found) end
  if #found > 0 and (takes_machine(policies) or guard.needs_machines(guards)) then
    found.onboarded = tenant.read_machines(session, found)
  end
  return found
end

-- Decides on the actions of a tenant that the policies select. Changes nothing and checks no guard
-- (see guard.check); machines are read if `guards` (guard.of) or a policy need them.
-- -> { entities (see mde.program.plan), read = number of actions, abstained, onboarded (nil if the
-- machines were not read), asked = set of ids of actions whose cancel was accepted but which are
-- not final yet }; raises the error
function tenant.decide(session, policies, guards)
  local found = read(session, policies, guards)
  ask(policies, found)
  local decided = { entities = {}, read = #found, abstained = 0, onboarded = found.onboarded,
                    asked = {} }
  local planned = {}
  for _, item in ipairs(found) do
    local answer = decision.of(item.answers)
    if answer then
      local made, action = tenant.planned(item, answer), item.action
      table.insert(decided.entities, made)
      decided.asked[made.id] = action.cancellationDateTimeUtc ~= nil
                               and not kinds.final[action.status] or nil
      table.insert(planned, { action = action, entity = made })
    else
      decided.abstained = decided.abstained + 1
    end
  end
  standing.remove_releases(session, planned)
  decision.launch_once(decided.entities)
  return decided
end

return tenant
