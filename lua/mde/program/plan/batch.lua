-- Describes how a plan is carried out: see mde.program.batch.change.

local cjson = require "cjson"
local date = require "mde.base.date"
local errors = require "mde.base.errors"
local guard = require "mde.program.policy.guard"
local kinds = require "mde.service.kinds"
local plans = require "mde.program.plan"

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

function plan_batch.calls(plan)
  local counts = plans.counts(plan)
  local calls = { cancel = counts.cancels }
  for step, number in pairs(counts.launches) do calls[kinds.of[step].operation] = number end
  return calls
end

-- Returns the comments of the policies by name, and all of them.
local function comments_of(plan)
  local comments, all = {}, {}
  for i, policy in ipairs(plan.header.policies) do
    comments[policy.name], all[i] = policy.comment, policy.comment
  end
  return comments, table.concat(all, "; ")
end

-- Returns an item of the batch. Its comment for the service is the policy's, with the reason.
local function item_of(entity, comments)
  local last = entity.decision == "undo" and entity.steps[#entity.steps] or "cancel"
  local reason = (entity.reason or "") ~= "" and ": " .. entity.reason or ""
  return { id = entity.id, change = last == "cancel" and "cancel" or "undo", is_signed = true,
           comment = errors.line(comments[entity.policy] .. reason, MOST_COMMENT),
           expected = entity.status, policy = entity.policy, machine = entity.machineId,
           name = entity.computerDnsName }
end

local function description_of(entity)
  return { entity.steps and table.concat(entity.steps, ", then ") or "cancel" }
end

local function draft_of(plan, comment)
  local own, hours = {}, {}
  for _, each in ipairs(plan.header.guards) do
    own[#own + 1], hours[#hours + 1] = each.policy and each, each.hours
  end
  return { plan = plan.hash, comment = comment, expires = date.parse(plan.header.expires),
           guards = cjson.encode(own), hours = hours[1] and cjson.encode(hours) or nil }
end

-- Returns the description of a plan's change.
function plan_batch.change(plan)
  local comments, all = comments_of(plan)
  return {
    change = "cancel", verb = "Apply", is_chosen = true, is_listed = true,
    draft = draft_of(plan, all), preview = description_of,
    fill = function(draft, _, visit)
      for _, entity in ipairs(plan.entities) do
        if guard.changes(entity) then
          visit(entity)
          draft:add_change(item_of(entity, comments))
        end
      end
    end,
    calls = function() return plan_batch.calls(plan) end,
  }
end

return plan_batch
