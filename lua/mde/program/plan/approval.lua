-- Checks that a plan may be applied, and asks for approval or takes --approve.

local agreement = require "mde.program.batch.confirmation"
local cjson = require "cjson"
local client = require "mde.program.session.client"
local date = require "mde.base.date"
local duration = require "mde.base.duration"
local failure = require "mde.program.exit"
local guards = require "mde.program.plan.guards"
local moment = require "mde.program.terminal.moment"
local output = require "mde.program.terminal.output"
local plan_batch = require "mde.program.plan.batch"
local tables = require "mde.base.tables"

local approval = {}

-- Checks

-- By the service's clock, which is one for the machines that make and apply a plan.
local function check_time(plan, session)
  local now, ends = session.service_clock.wall(), date.parse(plan.header.expires)
  if now >= ends then
    failure.raise(failure.refused, "the plan expired %s ago, at %s: make a new one with mde plan",
      duration.text(math.floor(now - ends)),
      moment.local_text(plan.header.expires))
  end
end

local function check_owner(plan, session)
  client.identify(session)
  local application = plan.header.application
  if session.store.journal:is_alias(application, session.application) then return end
  failure.raise(failure.refused, "the plan is for tenant and application %s, but you are signed in"
    .. " as %s", application, session.application)
end

local function named(profile)
  return profile and "the profile " .. profile or "no profile"
end

local function check_profile(plan, session)
  if plan.header.profile == session.profile then return end
  failure.raise(failure.refused, "the plan was made with %s, but you use %s: make a new plan, or"
    .. " choose the profile with -p", named(plan.header.profile), named(session.profile))
end

local function check_once(plan, session)
  for _, batch in ipairs(session.store.journal:batches()) do
    if batch.plan == plan.hash then
      failure.raise(failure.refused, "the plan was applied already, as batch %s: see"
        .. " `mde batch show %s`", batch.name, batch.name)
    end
  end
end

-- Notes and question

-- Counts the matching actions that are newer than the plan.
local function newer(plan, session)
  local count, seen = 0, {}
  for _, policy in ipairs(plan.header.policies) do
    local wanted = tables.merged(policy.select or {})
    wanted.after = plan.header.made
    for _, action in ipairs(policy.select and failure.check(session:list(wanted)) or {}) do
      if not seen[action.id] then count = count + 1 end
      seen[action.id] = true
    end
  end
  return count
end

local function tell_aside(aside)
  local count, first = 0, nil
  for id in pairs(aside) do
    count, first = count + 1, (not first or id < first) and id or first
  end
  if count == 0 then return end
  output.note("%d action%s not as the plan shows and will not be changed, such as %s: %s.", count,
    count == 1 and " is" or "s are", first, aside[first].message)
end

local function tell(plan, session, text, aside)
  output.note("Plan %s… by %s, %s ago: %s.", plan.hash:sub(1, 12), plan.header.by,
    duration.text(math.max(0, math.floor(session.service_clock.wall()
      - date.parse(plan.header.made)))),
    text)
  tell_aside(aside)
  local count = newer(plan, session)
  if count > 0 then
    output.note("%d matching action%s newer than the plan and will not be changed.", count,
      count == 1 and " is" or "s are")
  end
end

local function approve(plan, session, parsed, text, exceeded)
  local given = parsed.approve
  if not given then
    return agreement.confirm(("Apply the plan %s… (%s) in %s"):format(plan.hash:sub(1, 12), text,
      agreement.place(session)), text, ("Give --approve %s…"):format(
      plan.hash:sub(1, agreement.digits)), exceeded)
  end
  agreement.check_hash(given)
  if not agreement.approves(given, plan.hash) then
    failure.raise(failure.refused, "the plan's hash is %s, but --approve has %s…", plan.hash,
      given:sub(1, agreement.digits))
  end
end

-- Describes how a plan is checked, approved and carried out: see mde.program.batch.change.
function approval.change(plan, parsed)
  local how, reviewed, text = plan_batch.change(plan), nil, nil
  local fill = how.fill
  how.none, how.done, how.draft.once = "The plan changes nothing.", "changed by this plan", true
  function how.prepare(session)
    check_owner(plan, session)
    check_profile(plan, session)
    check_once(plan, session)
  end
  function how.fill(draft, session, visit)
    reviewed = guards.review(plan, session, parsed)
    check_time(plan, session)  -- after an answer of the service, which tells its time
    text = plan_batch.counted { entities = reviewed.shown }
    tell(plan, session, text, reviewed.aside)
    how.aside, how.draft.guards = reviewed.aside, cjson.encode(reviewed.guards)
    fill(draft, session, visit)
  end
  function how.find() return reviewed.violations end
  function how.confirm(session, exceeded)
    approve(plan, session, parsed, text, exceeded)
    check_time(plan, session)  -- the answer may have taken long
  end
  return how
end

return approval
