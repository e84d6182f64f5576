-- Runs one round of `mde watch`: reads, decides, and applies approved policies.
--
-- If a guard is exceeded, the whole round is refused.

local bound = require "mde.program.batch.guards"
local change = require "mde.program.batch.change"
local client = require "mde.program.session.client"
local date = require "mde.base.date"
local failure = require "mde.program.exit"
local guard = require "mde.program.policy.guard"
local making = require "mde.program.plan.making"
local plan_batch = require "mde.program.plan.batch"
local plans = require "mde.program.plan"
local survey = require "mde.program.watch.survey"
local system = require "mde.program.system"
local workers = require "mde.program.policy.worker"

local round = {}

-- Deciding

-- -> set of ids
local function undone_by(session)
  client.identify(session)
  return session.store.journal:undone(session.application)
end

-- Drops entities done in earlier rounds, which every round would repeat: an action stays open for a
-- while after its cancel was accepted, and an undone action does not change. -> number dropped
local function drop_done(self, made, asked)
  local undone, count
  for i = #made.entities, 1, -1 do
    local entity = made.entities[i]
    local is_undo = entity.decision == "undo" and guard.changes(entity)
    if is_undo then
      undone = undone or undone_by(self.session)
    end
    if entity.decision ~= "keep" and asked[entity.id] or is_undo and undone[entity.id] then
      table.remove(made.entities, i)
      count = (count or 0) + 1
    end
  end
  return count
end

-- -> plan, decided, its guards, number of dropped entities
local function decide(self)
  local made, decided, guards = making.make(self.session, self.loaded, self.profile, {},
    bound.of(self.session, self.parsed))
  local dropped = drop_done(self, made, decided.asked)
  plans.text(made)  -- sets its hash
  return made, decided, guards, dropped
end

local function why_not(self)
  if not self.approved then return self.why end
  local now = self.session.clock.wall()
  local is_open, seconds = guard.open(self.guards, now)
  if is_open then return nil end
  return ("outside of the hours of the guards (%s), until %s"):format(guard.hours(self.guards),
    seconds and date.text(now + seconds) or "ever")
end

local function tell_plan(self, made, dropped)
  local counts, header = plans.counts(made), made.header
  local changes = select(2, plan_batch.counted(made))
  local decisions = { cancel = counts.cancel, keep = counts.keep, undo = counts.undo }
  local why = why_not(self)
  self.events:tell("plan", {
    plan = made.hash, read = header.read, decisions = decisions, abstained = header.abstained,
    done_before = dropped, changes = changes, mode = why and "report" or "apply",
    why = why,
  })
  self.metrics:add("actions_read_total", nil, header.read)
  for decision, count in pairs(decisions) do
    self.metrics:add("decisions_total", { decision = decision }, count)
  end
  self.metrics:add("decisions_total", { decision = "abstain" }, header.abstained)
  return why, changes
end

-- Reports each exceeded guard. -> true if there is any
local function is_refused(self, decided)
  local violations = guard.check(self.guards, decided.entities, decided.onboarded)
  for _, violation in ipairs(violations) do
    self.events:tell("refused", { guard = violation.guard, from = violation.from,
      count = violation.count ~= math.huge and violation.count or nil,
      limit = type(violation.limit) == "number" and violation.limit or nil,
      message = violation.message })
    self.metrics:add("refused_total", { guard = violation.guard })
  end
  return violations[1] ~= nil
end

local function carry_out(self, made)
  local how = plan_batch.change(made)
  how.session = self.session
  function how.find() return { bound = self.guards } end
  function how.confirm() end
  local _, told, name = change.run({
    command_line = self.parsed.command_line, unverified = self.parsed.unverified,
    bound = self.guards, stop_reason = function() return self:stop_reason() end,
  }, how)
  local is_left = told.left ~= 0 and not told.is_closed
  self.events:tell("applied", {
    batch = name, plan = made.hash, verdicts = next(told.verdicts) and told.verdicts,
    errors = next(told.errors) and told.errors, left = told.left, stopped = told.stopped,
    resume = is_left and "mde resume " .. name or nil,
  })
  for verdict, count in pairs(told.verdicts) do
    self.metrics:add("outcomes_total", { verdict = verdict }, count)
  end
  if told.by_person then self:only_report(told.by_person) end
  self.left = is_left and { batch = name, count = told.left } or nil
  if told.failure then
    self:fail(told.failure)
    return "failed", failure.status(told.failure)
  end
  return "applied", told.stopped and failure.some or told.status
end

-- Runs a round. -> result ("applied", "reported", "refused", "failed"), exit status | nil: the
-- policies were reloaded meanwhile, so the round is void. Raises the error.
function round.run(self)
  local loaded = self.loaded
  workers.renew()
  local made, decided, guards, dropped = decide(self)
  local found = survey.read(self.session)
  if loaded ~= self.loaded then return nil end
  self.guards = guards
  survey.count(found, self.metrics)
  survey.tell(found, self.last, self.events)
  local why, changes = tell_plan(self, made, dropped)
  if is_refused(self, decided) then return "refused", failure.refused end
  if why or changes == 0 or system.interrupt.count() > 0 then
    return "reported", 0
  end
  return carry_out(self, made)
end

return round
