-- mde apply: carries out a plan that a person or a hash has approved.
--
-- A plan becomes a batch like any other: in the journal before anything is sent, resumable and
-- audited. Nothing in the file is trusted: actions and machines are read again, and guards are
-- checked with what was read. An item that differs from the plan is `changed`.

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
Verifies the plan's hash, tenant, application, profile and end, reads its
actions and machines again, and checks the guards with what it has read. An
action that differs from the plan is not changed; its verdict is `changed`. At
the terminal, shows the hash and the changes and asks; unattended, --approve
gives at least 20 digits of the hash. Reads actions once more, in groups of
forty, just before it sends them. The release of a machine waits for its
cancels. With --wait, also waits for releases.

A plan may begin until it expires. Once it has begun, `mde resume` continues it.

Outside of the hours of its guards nothing is sent. If the hours end, the batch
stops; `mde resume` continues it.

Examples:
   mde plan policies/*.lua -o plan.jsonl && mde apply plan.jsonl
   mde apply plan.jsonl --approve 9f2c41d0a8b36e17c5d2]]

function apply.define(command)
  command:epilog(EPILOG)
  command:argument("plan", "The plan."):argname "PLAN"
  options.add(command, "--approve", "HASH", "Approve the plan that has this hash.")
  options.add(command, "--batch", "NAME", "Batch name. Default: date and number.",
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
  execution.foretell(session, { cancel = #reviewed.entities })
  return (plan_batch.carry_out(plan, session, parsed, reviewed))
end

return apply
