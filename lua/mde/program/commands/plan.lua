-- mde plan: shows decisions of policies and writes a plan. Changes nothing.

local client = require "mde.program.session.client"
local enforcement = require "mde.program.policy.enforcement"
local failure = require "mde.program.exit"
local guard = require "mde.program.policy.guard"
local making = require "mde.program.plan.making"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local policies = require "mde.program.policy"
local presentation = require "mde.program.plan.presentation"
local selection = require "mde.program.session.profiles"
local terminal = require "mde.terminal"

local plan = {}

local EPILOG = [[
A policy is a Lua file that selects actions and decides what to do with them;
`mde test` tests it. Its code runs in a process of its own, which gets copies
of actions and machines and nothing else. A plan that exceeds a guard of the
profile or of a policy is refused as a whole (exit status 3).

The plan is JSON Lines: a header (who made it, for which tenant, when it
expires), and a line per action with a decision. You approve it by its hash.

Examples:
   mde plan stale.lua
   mde plan policies/*.lua -o plan.jsonl
   mde plan stale.lua --explain 5382f7ea-7557-4ab7-9782-d50480024a4e]]

function plan.define(command)
  command:epilog(EPILOG)
  command:argument("files", "Policies."):args "+":argname "FILE"
  options.add(command, "-o --output", "FILE", "Write the plan to this file; - is standard output.")
  options.add(command, "--expires", "TIME", "How long the plan is valid; a policy may shorten it."
    .. " Default: set by the policies, or 1h.", options.duration)
  options.add(command, "--explain", "ACTION", "Show the decision about one action, and the reason.")
  client.define_deadline(command)
  command:flag("--json", "Print the plan itself, or the explanation, as JSON.")
end

-- Explaining

local function reached(told)
  if not told.rule then return "" end
  local where = told.rules > 1 and ("rule %d of %d"):format(told.rule, told.rules) or "decide"
  return told.line and (" (%s, line %d)"):format(where, told.line) or " (" .. where .. ")"
end

local function outcome(told)
  if told.unmatched[1] then
    return "not selected: select requires " .. table.concat(told.unmatched, "; ")
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
  local short_id = require "mde.program.input.short_id"
  if short_id.is(parsed.explain) then
    parsed.explain = short_id.check(session, parsed.explain).id
  end
  local explained = policies.explain(session, loaded, parsed.explain)
  local entity = explained.entity
  local violations = entity and guard.check(guards, { entity }, nil) or {}
  for i = #violations, 1, -1 do  -- a share is of the whole plan
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

-- Shows the output of the policies, each line after the policy's name.
local function show_printed(loaded)
  for _, policy in ipairs(loaded) do
    for line in (policy.printed or ""):gmatch "[^\n]+" do
      output.note("%s: %s", policy.name, line)
    end
  end
end

local function run(parsed)
  local profile, warning = selection.one(parsed), policies.warning()
  if warning then output.note("%s", warning) end
  local loaded = failure.check(policies.load_all(policies.files(parsed.files),
    { coverage = parsed.explain ~= nil }))
  enforcement.guards(loaded, profile)  -- raises before anything is read
  local session = client.bounded(client.connect(parsed), parsed)
  if not parsed.explain then
    local made, decided, guards = making.make(session, loaded, profile, parsed)
    show_printed(loaded)
    return presentation.present(session, guards, made, decided, parsed)
  end
  explain(session, loaded, making.renew(session, loaded, profile), parsed)
  show_printed(loaded)
  return 0
end

function plan.run(parsed)
  parsed.reads_only = true
  if parsed.explain then return run(parsed) end
  return presentation.writing(parsed, function() return run(parsed) end)
end

return plan
