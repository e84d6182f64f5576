-- mde apply: carries out a plan that a person or a hash has approved.
--
-- A plan becomes a batch like any other: in the journal before anything is sent, resumable and
-- audited. Nothing in the file is trusted: actions and machines are read again, and guards are
-- checked with what was read. An item that differs from the plan is `changed`.

local approval = require "mde.program.plan.approval"
local change = require "mde.program.batch.change"
local failure = require "mde.program.exit"
local options = require "mde.program.input.options"
local plans = require "mde.program.plan"
local selection = require "mde.program.session.profiles"

local apply = {}

local EPILOG = [[
Verifies the plan's hash, tenant, application, profile and time, reads its
actions and machines again, and checks the guards with what it has read. An
action that differs from the plan is not changed; its verdict is `changed`. At
the terminal, shows the hash and the changes and asks; unattended, --approve
gives at least 20 digits of the hash. Reads actions once more, in groups of
forty, just before it sends them. A machine is released after its
actions are cancelled. With --wait, also waits for releases. -n checks the plan and shows the
changes and the exceeded guards.

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
  change.define(command, "changed")
end

function apply.run(parsed)
  failure.misuse_if(parsed.yes and not parsed.approve, "--yes requires --approve HASH")
  change.check(parsed)
  local plan = failure.check(plans.read(parsed.plan))
  if not selection.wanted(parsed) then
    parsed.profile, parsed.profile_of_plan = plan.header.profile, true
  end
  return (change.run(parsed, approval.change(plan, parsed)))
end

return apply
