-- mde apply: carries out a plan that a person, or a hash given beforehand, has approved.
--
-- A plan is a batch like any other: in the journal before anything is sent, resumable and
-- audited. Nothing in the file is trusted: actions and machines are read again, the guards are
-- checked against what the service says now, and what is not as the plan shows is `changed`.

local approval = require "mde.program.plan.approval"
local client = require "mde.program.session.client"
local execution = require "mde.program.batch.execution"
local failure = require "mde.program.exit"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local plan_batch = require "mde.program.plan.batch"
local plans = require "mde.program.plan"
local selection = require "mde.program.session.profiles"

local apply = {}

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
    options.batch_name)
  execution.define(command)
end

function apply.run(parsed)
  local plan = failure.check(plans.read(parsed.plan))
  if not selection.wanted(parsed) then
    parsed.profile, parsed.profile_of_plan = plan.header.profile, true
  end
  local session = client.connect(parsed, execution.settings(parsed))
  local changes = plan_batch.changes(plan)
  if changes == 0 then
    output.note("The plan changes nothing.")
    return 0
  end
  local reviewed = approval.agree(plan, session, parsed)
  execution.foretell(session, #reviewed.entities)
  return (plan_batch.carry_out(plan, session, parsed, reviewed))
end

return apply
