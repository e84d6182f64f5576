-- mde plan: what policies decide about a tenant's actions, as a table and as a plan to apply.
-- Nothing is changed.

local client = require "mde.program.session.client"
local date = require "mde.base.date"
local duration = require "mde.base.duration"
local failure = require "mde.program.exit"
local guard = require "mde.program.policy.guard"
local listing = require "mde.program.terminal.listing"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local plans = require "mde.program.plan"
local policies = require "mde.program.policy"
local selection = require "mde.program.session.profiles"
local terminal = require "mde.terminal"

local plan = {}

local EPILOG = [[
A policy is a Lua file that says which actions it is about and what becomes
of them; `mde test` tries it. Its code runs in a process of its own, which
sees copies of actions and machines and nothing else. A plan that exceeds a
guard rail of the profile or of a policy is refused as a whole (exit status
3).

The plan is JSON Lines: who made it for which tenant, until when it holds,
and a line an action that was decided upon. Its hash is what is approved.

Examples:
   mde plan stale.lua
   mde plan policies/*.lua -o plan.jsonl
   mde plan stale.lua --explain 5382f7ea-7557-4ab7-9782-d50480024a4e]]

function plan.define(command)
  command:epilog(EPILOG)
  command:argument("files", "Policies."):args "+":argname "FILE"
  options.add(command, "-o --output", "PLAN", "Write the plan to this file; - is standard output.")
  options.add(command, "--expires", "TIME", "How long the plan holds, unless a policy says less."
    .. " Default: what the policies say, or 1h.", options.duration)
  options.add(command, "--explain", "ACTION", "Say what was decided about one action and why.")
  command:flag("--json", "Show the plan itself, or the explanation, as JSON.")
end

-- {{ Guards

-- The guards of the policies and of the profile that the command line chooses. Raises what
-- does not go together.
function plan.guards(loaded, profile)
  local named = profile and "the profile " .. profile.name
  local own, problem
  if profile and profile.guard then
    own, problem = require "mde.program.policy.check".problem(guard.form,
      ("profiles.%s.guard"):format(profile.name), profile.guard)
    if problem then failure.raise(failure.usage, "%s", problem) end
  end
  local guards
  guards, problem = guard.of(loaded, own, named)
  if not guards then failure.raise(failure.usage, "%s", problem) end
  return guards
end

-- Raises where the plan exceeds a guard: all of them are said.
function plan.check_guards(guards, decided)
  local violations = guard.check(guards, decided.entities, decided.onboarded)
  if not violations[1] then return end
  local lines = {}
  for i, violation in ipairs(violations) do lines[i] = violation.message end
  lines[#lines + 1] = "the plan is refused, and nothing was changed"
  failure.raise(failure.refused, ("%s"):rep(#lines, "\n     "), table.unpack(lines))
end

-- }}

-- {{ The table

local COLOURS = { cancel = "33", undo = "35", keep = "32" }

local COLUMNS = {
  { title = "DECISION", colour = function(decision) return COLOURS[decision] end },
  { title = "TYPE", may_cut = true }, { title = "AGE" }, { title = "MACHINE", may_cut = true },
  { title = "BY", may_cut = true }, { title = "REASON", may_cut = true },
}

local function reason_of(entity)
  local parts = {}
  if entity.reason ~= "" then parts[1] = entity.reason end
  if entity.decision == "undo" then
    parts[#parts + 1] = "(" .. table.concat(entity.steps, ", then ")
      .. (entity.note and (entity.steps[1] and "; " or "") .. entity.note or "") .. ")"
  end
  return table.concat(parts, " ")
end

local function show_table(entities, now)
  local rows = {}
  for i, entity in ipairs(entities) do
    local created = date.parse(entity.creationDateTimeUtc)
    rows[i] = { entity.decision, entity.type or "?", listing.age(created and now - created),
                entity.computerDnsName or entity.machineId or "-", entity.requestor or "-",
                reason_of(entity) }
  end
  if rows[1] then require "mde.program.terminal.table"(COLUMNS, rows) end
  output.flush()
end

-- }}

-- {{ What is said below it

local OPERATIONS = { Unisolate = "unisolate", UnrestrictCodeExecution = "unrestrict" }

-- The least seconds that the limits make of what is to be sent.
local function seconds_of(session, counts)
  session.quota:look()
  session.store:commit()
  local now, most = session.clock.monotonic(), 0
  local function count(operation, number)
    if number > 0 then
      most = math.max(most, session.quota:at_best(operation, number, now))
    end
  end
  count("cancel", counts.cancels)
  for step, number in pairs(counts.launches) do count(OPERATIONS[step], number) end
  return most
end

local function show_totals(session, made)
  local counts, header = plans.counts(made), made.header
  local parts = {}
  for _, word in ipairs { "cancel", "undo", "keep" } do
    if counts[word] > 0 then parts[#parts + 1] = ("%d %s"):format(counts[word], word) end
  end
  output.note("%s; %d of %d actions abstained.", parts[1] and table.concat(parts, ", ")
    or "Nothing is decided upon", header.abstained, header.read)
  if counts.nothing > 0 then
    output.note("%d of those to undo: nothing can be done.", counts.nothing)
  end
  if made.policies then
    output.note("Policies: hash %s…, for mde watch --approve.", made.policies:sub(1, 20))
  end
  local seconds = seconds_of(session, counts)
  if counts.cancels > 0 or next(counts.launches) then
    output.note("The service's limits make this take %s.",
      seconds < 1 and "less than a second" or "at least " .. duration.text(seconds))
  end
  local now = session.clock.wall()
  local is_open, change = guard.open(header.guards, now)
  if not is_open then
    output.note("Outside of its hours (%s): it can be applied %s.",
      guard.hours(header.guards),
      change and "from " .. date.text(now + change) or "never")
  end
end

-- }}

-- {{ --explain

local function reached(told)
  if not told.rule then return "" end
  local where = told.rules > 1 and ("rule %d of %d"):format(told.rule, told.rules) or "decide"
  return told.line and (" (%s, line %d)"):format(where, told.line) or " (" .. where .. ")"
end

local function outcome(told)
  if told.unmatched[1] then
    return "not selected: asked for is " .. table.concat(told.unmatched, "; ")
  end
  local unchecked = told.unchecked[1]
    and "; if the service finds it by " .. table.concat(told.unchecked, "; ") or ""
  if not told.decision then return "abstains" .. unchecked end
  return told.decision .. (told.reason ~= "" and " '" .. told.reason .. "'" or "")
    .. reached(told) .. unchecked
end

local function explain_json(explained, violations)
  output.json({ action = explained.action, policies = explained.told,
                decision = explained.entity and explained.entity.decision,
                policy = explained.entity and explained.entity.policy,
                reason = explained.entity and explained.entity.reason,
                guards = violations }, { "decision", "policy", "reason" })
end

local function explain(session, loaded, guards, parsed)
  local explained = failure.check(policies.explain(session, loaded, parsed.explain))
  local entity = explained.entity
  local violations = entity and guard.check(guards, { entity }, nil) or {}
  for i = #violations, 1, -1 do  -- a share is the whole plan's
    if violations[i].guard == "max_share" then table.remove(violations, i) end
  end
  if parsed.json then return explain_json(explained, violations) end
  local printable = terminal.printable
  local width = 0
  for _, told in ipairs(explained.told) do width = math.max(width, #told.path) end
  output.line(printable(tostring(explained.action)))
  for _, told in ipairs(explained.told) do
    output.line(printable(("%-" .. width .. "s  %s"):format(told.path, outcome(told))))
  end
  output.line(printable(("%-" .. width .. "s  %s"):format("decided",
    entity and ("%s (%s)"):format(entity.decision, entity.policy) or "nothing: all abstain")))
  for _, violation in ipairs(violations) do output.line(printable(violation.message)) end
end

-- }}

-- Loads policies again, with the time of a plan. -> the guards of that plan, its time
local function renew(session, loaded, profile)
  local now = session.clock.wall()
  for _, policy in ipairs(loaded) do failure.check(policy:renew(now)) end
  return plan.guards(loaded, profile), now
end

-- Reads and decides. -> plan, decided, guards; raises the error
function plan.make(session, loaded, profile, parsed)
  local guards, now = renew(session, loaded, profile)
  local decided = failure.check(policies.decide_all(session, loaded, guards))
  local made = plans.new(session, loaded, guards, decided, { made = now,
    by = require "mde.program.session.store".who(), expires = parsed.expires })
  return made, decided, guards
end

-- What the policies have printed, each line with the policy's name in front.
local function show_printed(loaded)
  for _, policy in ipairs(loaded) do
    for line in (policy.printed or ""):gmatch "[^\n]+" do
      output.note("%s: %s", policy.name, line)
    end
  end
end

-- Calls f, which makes a plan and writes it where -o says. If the plan is refused, an older one
-- of that name is removed, so that `mde apply` cannot take it for this one. -> what f returns
function plan.writing(parsed, f)
  if parsed.output == "-" then parsed.output, parsed.json = nil, true end
  local path = parsed.output
  if path then failure.check(plans.check_path(path)) end
  local done, result = pcall(f)
  if done then return result end
  if path and failure.status(result) == failure.refused and plans.remove(path) then
    output.note("The older plan in %s was removed.", terminal.printable(path))
  end
  error(result, 0)
end

-- Checks a plan's guards, writes it where -o says, and shows it: a reader that leaves early
-- has the file nevertheless. -> exit status
function plan.present(session, guards, made, decided, parsed)
  local violations = guard.check(guards, decided.entities, decided.onboarded)
  local hash
  if parsed.output and not violations[1] then
    hash = failure.check(plans.write(parsed.output, made))
  end
  if not parsed.json then show_table(made.entities, session.clock.wall()) end
  show_totals(session, made)
  plan.check_guards(guards, decided)
  if parsed.json then output.write((plans.text(made))) end
  output.flush()
  if hash then
    output.note("Nothing changed. mde apply %s (hash %s…)", parsed.output, hash:sub(1, 12))
  else
    output.note("Nothing changed. %s", parsed.json and ("The hash is %s…"):format(
      made.hash:sub(1, 12)) or "With -o PLAN this is written as a plan.")
  end
  return 0
end

local function run(parsed)
  local profile, warning = selection.one(parsed), policies.warning()
  if warning then output.note("%s", warning) end
  local loaded = failure.check(policies.load_all(policies.files(parsed.files),
    { coverage = parsed.explain ~= nil }))
  plan.guards(loaded, profile)  -- raises before anything is read
  local session = client.connect(parsed)
  if not parsed.explain then
    local made, decided, guards = plan.make(session, loaded, profile, parsed)
    show_printed(loaded)
    made.policies = policies.hash(loaded)
    return plan.present(session, guards, made, decided, parsed)
  end
  explain(session, loaded, renew(session, loaded, profile), parsed)
  show_printed(loaded)
  return 0
end

function plan.run(parsed)
  if parsed.explain then return run(parsed) end
  return plan.writing(parsed, function() return run(parsed) end)
end

return plan
