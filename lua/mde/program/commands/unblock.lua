-- mde unblock: cancels what blocks a machine, as `mde cancel` does with filters.

local change = require "mde.program.batch.change"
local cancels = require "mde.program.batch.cancels"
local client = require "mde.program.session.client"
local failure = require "mde.program.exit"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"

local unblock = {}

local MOST = 25  -- open actions that one machine can have, and more

function unblock.define(command)
  command:epilog [[
A machine takes one action of a kind at a time, and one that waits for a
machine which is away does so for days. This cancels the machine's open
actions that the options choose, as a batch like those of `mde cancel`, and
reads what became of them; more than 25, or --max, are refused. A live
response that has just been launched may have no machine yet, and is not
found.

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
