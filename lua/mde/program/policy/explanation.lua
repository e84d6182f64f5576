-- Explains a decision: the rule that answered, or the criterion not met.

local criteria = require "mde.service.criteria.action"
local decision = require "mde.program.policy.decision"
local entity = require "mde.program.policy.entity"
local failure = require "mde.program.exit"
local tables = require "mde.base.tables"
local tenant = require "mde.program.policy.tenant"

local explanation = {}

-- Returns the parts of `select` that an action does not match, and the parts that only the service
-- can check. Both are arrays of texts.
function explanation.unmatched(self, action, now)
  local list, unchecked = {}, {}
  for _, part in ipairs(assert(criteria:parts(self.select, now))) do
    if not part.matches then unchecked[#unchecked + 1] = part.text
    elseif not part.matches(action) then list[#list + 1] = part.text end
  end
  return list, unchecked
end

-- Returns the rule that answered: the last function entered, or the constant after it.
local function rule_of(self, answer, reason)
  local reached = (self.worker:lines() or {}).reached or {}
  local function was_entered(rule)
    for line = rule.line, rule.last do
      if reached[line] then return true end
    end
    return false
  end
  local found
  for i, rule in ipairs(self.rules) do
    if rule.constant then
      if not found or rule.constant == answer and reason == "" then found = i end
      break
    end
    if not was_entered(rule) then break end
    found = i
  end
  return found
end

-- Explains how a policy, loaded with coverage, decides on one action. -> { policy, path, unmatched
-- and unchecked (see above; not selected if any is unmatched), decision, reason, rule (its number),
-- line, rules (their count) } | nil, err
function explanation.of(self, action, machine, now)
  local told = { policy = self.name, path = self.path, rules = #self.rules }
  told.unmatched, told.unchecked = explanation.unmatched(self, action, now)
  if told.unmatched[1] then return told end
  local err
  told.decision, told.reason, err = self:decide(action, machine)
  if err then return nil, err end
  if told.decision and self.worker and not (self.takes_machine and not machine) then
    told.rule = rule_of(self, told.decision, told.reason)
    told.line = told.rule and self.rules[told.rule].line
  end
  return told
end

-- Explains how all policies decide on one action. -> { action, machine, told = array of
-- explanation.of, entity (of a plan; nil if all abstain) }; raises the error
function explanation.all(session, policies, id)
  local action = failure.check(session:action(id))
  local item = { action = entity.action(tables.merged(action), action:age()), answers = {} }
  if action.machineId then
    local machine, problem = session:machine(action.machineId)
    if not machine and problem.code ~= "not_found" then error(problem, 0) end
    item.machine = machine and entity.machine(machine)
  end
  local explained = { action = action, machine = item.machine, told = {} }
  for i, each in ipairs(policies) do
    local told = failure.check(each:explain(item.action, item.machine, session.clock.wall()))
    explained.told[i], item.answers[i] = told, told
    failure.check(each:close())
  end
  local answer = decision.of(item.answers)
  explained.entity = answer and tenant.planned(item, answer)
  return explained
end

return explanation
