-- mde apply: carries out a plan that a person, or a hash given beforehand, has approved.
--
-- A plan is a batch like any other: in the journal before anything is sent, resumable and
-- audited. Nothing in the file is trusted: actions and machines are read again, the guards are
-- checked against what the service says now, and what is not as the plan shows is `changed`.

local agreement = require "mde.program.batch.confirmation"
local cjson = require "cjson"
local client = require "mde.program.session.client"
local date = require "mde.base.date"
local duration = require "mde.base.duration"
local execution = require "mde.program.batch.execution"
local failure = require "mde.program.exit"
local guards = require "mde.program.plan.guards"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local permission = require "mde.program.session.permission"
local plans = require "mde.program.plan"
local stores = require "mde.program.session.store"

local apply = {}

local MOST_COMMENT = 900  -- bytes of a comment with reason and batch

local EPILOG = [[
The plan's hash, tenant, application, profile and end are verified, and its
actions and machines are read again: the guards are checked against what the
service says now, and an action that is not as the plan shows is left alone,
as `changed`. At the terminal the hash and what the plan does are asked about;
unattended, --approve gives at least 20 digits of the hash. Just before forty
actions are sent they are read once more. A machine's cancel goes before its
release. With --wait, releases are waited for too.

A plan may begin until it expires. Once it has begun, `mde resume` continues it.

Outside of the hours of its guards nothing is sent; when they end, the batch
stops, and `mde resume` goes on with it.

Examples:
   mde plan policies/*.lua -o plan.jsonl && mde apply plan.jsonl
   mde apply plan.jsonl --approve 9f2c41d0a8b36e17c5d2]]

function apply.define(command)
  command:epilog(EPILOG)
  command:argument("plan", "The plan."):argname "PLAN"
  options.add(command, "--approve", "HASH", "Approve the plan that has this hash.")
  options.add(command, "--batch", "NAME", "Call the batch so. Default: the day and a number.",
    require "mde.program.commands.cancel".batch_name)
  execution.define(command)
end

-- {{ Whether it may be carried out

local function check_time(plan, now)
  local ends = date.parse(plan.header.expires)
  if now >= ends then
    failure.raise(failure.refused, "the plan ended %s ago, at %s: make a new one with mde plan",
      duration.text(math.floor(now - ends)), plan.header.expires)
  end
end

local function check_owner(plan, session)
  client.identify(session)
  local application = plan.header.application
  if session.store.journal:is_alias(application, session.application) then return end
  failure.raise(failure.refused, "the plan is of tenant and application %s, and this signs in as"
    .. " %s", application, session.application)
end

local function named(profile)
  return profile and "the profile " .. profile or "no profile"
end

local function check_profile(plan, session)
  if plan.header.profile == session.profile then return end
  failure.raise(failure.refused, "the plan was made with %s, and this signs in with %s: make a"
    .. " new one, or choose with -p", named(plan.header.profile), named(session.profile))
end

local function check_once(plan, session)
  for _, batch in ipairs(session.store.journal:batches()) do
    if batch.plan == plan.hash then
      failure.raise(failure.refused, "the plan was carried out as batch %s: `mde resume %s` goes on"
        .. " with it, if anything is left", batch.name, batch.name)
    end
  end
end

-- The hours of all its guards. -> array of texts
local function hours_of(plan)
  local list = {}
  for _, guard in ipairs(plan.header.guards) do list[#list + 1] = guard.hours end
  return list
end

-- }}

-- {{ What is said, and asked

-- How many actions match by now that the plan has not seen.
local function newer(plan, session)
  local count, seen = 0, {}
  for _, policy in ipairs(plan.header.policies) do
    local wanted = {}
    for key, value in pairs(policy.select or {}) do wanted[key] = value end
    wanted.after = plan.header.made
    for _, action in ipairs(policy.select and failure.check(session:list(wanted)) or {}) do
      if not seen[action.id] then count = count + 1 end
      seen[action.id] = true
    end
  end
  return count
end

-- What a plan does in words, and how many actions that changes.
local function counted(plan)
  local counts = plans.counts(plan)
  local undo = counts.undo - counts.nothing
  return ("%d to cancel, %d to undo, %d kept"):format(counts.cancel, undo, counts.keep),
         counts.cancel + undo
end

local function tell_aside(aside)
  local count, first = 0, nil
  for id in pairs(aside) do
    count, first = count + 1, (not first or id < first) and id or first
  end
  if count == 0 then return end
  output.note("%d action%s not as the plan shows, and left alone, such as %s: %s.", count,
    count == 1 and " is" or "s are", first, aside[first].message)
end

local function tell(plan, session, text, aside)
  output.note("Plan %s… by %s, %s ago: %s.", plan.hash:sub(1, 12), plan.header.by,
    duration.text(math.max(0, math.floor(session.clock.wall() - date.parse(plan.header.made)))),
    text)
  tell_aside(aside)
  local count = newer(plan, session)
  if count > 0 then
    output.note("%d matching action%s newer than the plan, which leaves %s alone.", count,
      count == 1 and " is" or "s are", count == 1 and "it" or "them")
  end
end

local function approve(plan, session, parsed, text)
  local given = parsed.approve
  if not given then
    return agreement.confirm(("Apply the plan %s… (%s) in %s"):format(plan.hash:sub(1, 12), text,
      agreement.place(session)), text, ("--approve %s… agrees beforehand"):format(
      plan.hash:sub(1, agreement.digits)))
  end
  agreement.check_hash(given)
  if not agreement.approves(given, plan.hash) then
    failure.raise(failure.refused, "the plan's hash is %s, and %s… is approved", plan.hash,
      given:sub(1, agreement.digits))
  end
end

-- }}

-- {{ The batch

-- A policy's comment with the reason and the batch, as the service keeps it.
local function comment_of(entity, comments, name)
  local reason = (entity.reason or "") ~= "" and ": " .. entity.reason or ""
  local text = comments[entity.policy] .. reason
  return require "mde.base.errors".line(text, MOST_COMMENT) .. (" [%s]"):format(name)
end

local function comments_of(plan)
  local comments, all = {}, {}
  for i, policy in ipairs(plan.header.policies) do
    comments[policy.name], all[i] = policy.comment, policy.comment
  end
  return comments, table.concat(all, "; ")
end

-- What is done for an entity of a plan: "cancel", "undo" (which may cancel first), or nil.
local function deed(entity)
  if entity.decision ~= "undo" then return entity.decision == "cancel" and "cancel" or nil end
  local last = entity.steps[#entity.steps]
  return last == "cancel" and "cancel" or last and "undo"
end

-- Fills a draft with what the plan would change.
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
  local list = hours_of(plan)
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

-- }}

-- Checks a plan and asks for approval. Raises if it may not be applied.
-- -> what guards.review gives
function apply.agree(plan, session, parsed)
  check_owner(plan, session)
  check_profile(plan, session)
  check_time(plan, session.store:wall())
  check_once(plan, session)
  execution.check_hours(execution.hours(hours_of(plan), parsed), session.clock.wall())
  permission.check(session, parsed)
  local reviewed = guards.review(plan, session, parsed)
  local text = counted { entities = reviewed.shown }
  tell(plan, session, text, reviewed.aside)
  approve(plan, session, parsed, text)
  check_time(plan, session.store:wall())  -- people may take long to answer
  return reviewed
end

-- How many actions it would change.
function apply.changes(plan)
  return select(2, counted(plan))
end

-- Carries out a plan that was agreed to. `reviewed`: see guards.review; nil for a plan that was
-- made just now. -> what execution.run gives, the batch
function apply.carry_out(plan, session, parsed, reviewed)
  local batch, lock = new_batch(plan, session, parsed, reviewed and reviewed.guards)
  local status = execution.run(session, batch, parsed, "begun", reviewed and reviewed.aside)
  lock:release()
  return status, batch
end

function apply.run(parsed)
  local plan = failure.check(plans.read(parsed.plan))
  if not require "mde.program.session.profiles".wanted(parsed) then
    parsed.profile, parsed.profile_of_plan = plan.header.profile, true
  end
  local session = client.connect(parsed, execution.settings(parsed))
  local changes = apply.changes(plan)
  if changes == 0 then
    output.note("The plan changes nothing.")
    return 0
  end
  local reviewed = apply.agree(plan, session, parsed)
  execution.foretell(session, #reviewed.entities)
  return (apply.carry_out(plan, session, parsed, reviewed))
end

return apply
