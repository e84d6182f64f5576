-- mde unblock: cancels the open actions that block a machine.

local change = require "mde.program.batch.change"
local cancels = require "mde.program.batch.cancels"
local client = require "mde.program.session.client"
local failure = require "mde.program.exit"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"

local unblock = {}

local MOST = 25  -- more than the open actions of one machine

function unblock.define(command)
  command:epilog [[
A machine accepts one action of each type at a time, and an action for a machine
that is offline stays open for days. Cancels the machine's open actions that the
options choose, as a batch like those of `mde cancel`, and reads their results.
Refuses more than 25 actions, or more than --max. A live response that has just
been launched may not name its machine yet; mde does not find it.

Examples:
   mde unblock srv-1.contoso.com -n
   mde unblock srv-1.contoso.com --older-than 2h --type LiveResponse -m "Stuck"]]
  command:argument("machine", "The machine: its id or DNS name."):argname "MACHINE"
  options.add(command, "-m --comment", "TEXT", "Why (required); the service keeps it.")
  options.add_filters(command, { "--type", "--older-than" })
  change.define(command, "cancelled")
end

function unblock.run(parsed)
  if parsed.dry_run then parsed.store = "memory" end
  parsed.ids, parsed.max = {}, parsed.max or MOST
  local criteria = cancels.check(parsed)
  local machine = failure.check(client.connect(parsed):machine(parsed.machine))
  output.note("%s %s", machine.computerDnsName or "-", machine.id)
  criteria.machine = machine.id
  return cancels.run(parsed, criteria)
end

return unblock
