-- Creates the batch of a plan in the journal, and runs it.

local cjson = require "cjson"
local date = require "mde.base.date"
local errors = require "mde.base.errors"
local execution = require "mde.program.batch.execution"
local failure = require "mde.program.exit"
local plans = require "mde.program.plan"
local stores = require "mde.program.session.store"

local plan_batch = {}

local MOST_COMMENT = 900  -- bytes of a comment with reason and batch

-- Returns a plan's changes in words, and the number of actions changed.
function plan_batch.counted(plan)
  local counts = plans.counts(plan)
  local undo = counts.undo - counts.nothing
  local parts = {}
  for _, pair in ipairs { { counts.cancel, "to cancel" }, { undo, "to undo" },
                          { counts.keep, "kept" } } do
    if pair[1] > 0 then parts[#parts + 1] = ("%d %s"):format(pair[1], pair[2]) end
  end
  return parts[1] and table.concat(parts, ", ") or "no changes", counts.cancel + undo
end

-- Returns the hours of all guards of a plan. -> array of texts
function plan_batch.hours(plan)
  local list = {}
  for _, guard in ipairs(plan.header.guards) do list[#list + 1] = guard.hours end
  return list
end

-- Returns the comment for the service: the policy's, with reason and batch.
local function comment_of(entity, comments, name)
  local reason = (entity.reason or "") ~= "" and ": " .. entity.reason or ""
  local text = comments[entity.policy] .. reason
  return errors.line(text, MOST_COMMENT) .. (" [%s]"):format(name)
end

local function comments_of(plan)
  local comments, all = {}, {}
  for i, policy in ipairs(plan.header.policies) do
    comments[policy.name], all[i] = policy.comment, policy.comment
  end
  return comments, table.concat(all, "; ")
end

-- Returns the change for an entity of a plan: "cancel", "undo" (which may cancel first), or nil.
local function deed(entity)
  if entity.decision ~= "undo" then return entity.decision == "cancel" and "cancel" or nil end
  local last = entity.steps[#entity.steps]
  return last == "cancel" and "cancel" or last and "undo"
end

-- Adds the changes of a plan to a draft.
local function fill(draft, plan, comments)
  for _, entity in ipairs(plan.entities) do
    local decision = deed(entity)
    if decision then
      draft:add_change { id = entity.id, change = decision, expected = entity.status,
                         comment = comment_of(entity, comments, draft.name),
                         policy = entity.policy, machine = entity.machineId }
    end
  end
  return (draft:complete())
end

local function new_batch(plan, session, parsed, own)
  local comments, all = comments_of(plan)
  local list = plan_batch.hours(plan)
  local draft, lock = session.store.journal:draft {
    name = parsed.batch, who = stores.who(), tenant = session.tenant,
    application = session.application, command = parsed.command_line, plan = plan.hash,
    comment = all, order = "given", expires = date.parse(plan.header.expires),
    guards = cjson.encode(own or plan.header.guards), hours = list[1] and cjson.encode(list) or nil,
    once = not parsed.stop_reason,
  }
  failure.check(draft, lock)
  local done, problem = pcall(fill, draft, plan, comments)
  if done then return draft, lock end
  draft:discard()
  lock:release()
  error(problem, 0)
end

-- Returns the number of actions that a plan changes.
function plan_batch.changes(plan)
  return select(2, plan_batch.counted(plan))
end

-- Runs an approved plan. `reviewed`: see guards.review; nil for a plan made just now.
-- -> the result of execution.run, the batch
function plan_batch.carry_out(plan, session, parsed, reviewed)
  local batch, lock = new_batch(plan, session, parsed, reviewed and reviewed.guards)
  reviewed = reviewed or {}
  batch.overridden = reviewed.overridden
  local status = execution.run(session, batch, parsed, "begun", reviewed.aside)
  lock:release()
  return status, batch
end

return plan_batch
