-- mde cancel: cancels machine actions, named or chosen by filters.

local change = require "mde.program.batch.change"
local cancels = require "mde.program.batch.cancels"
local exceptions = require "mde.program.input.exceptions"
local options = require "mde.program.input.options"

local cancel = {}

local EPILOG = [[
Give ids, or - to read them from standard input (one a line, blank lines and
# comments skipped, or JSON Lines as from `mde list --json`), or filters,
which choose among the open actions. More than one action is asked about at
the terminal; --yes agrees beforehand, with filters or standard input only up
to --max.

What is to be done is in the journal before it is sent, as a batch: whatever
stops it, `mde resume BATCH` goes on where it stopped. Exit status: 0 all
cancelled, accepted or nothing matched; with --wait an action that is only
accepted counts as 1.

Cancelling does not release a machine: if its isolation was InProgress, the
machine may be isolated. `mde unisolate` releases it.

Examples:
   mde cancel 5382f7ea-7557-4ab7-9782-d50480024a4e -m "Launched by mistake"
   mde cancel --type Isolate --requestor soar@contoso.com -n
   mde cancel --older-than 4h -m "Stuck" --yes --max 50
   mde list --status Pending --ids | mde cancel - -m "Stuck" --yes --max 50]]

function cancel.define(command)
  command:epilog(EPILOG)
  command:argument("ids", "Actions, by id or its first 8 digits, or - for\nstandard input.")
    :args "*":argname "ID"
  options.add(command, "-m --comment", "TEXT", "Why (required); the service keeps it.")
  options.add_filters(command)
  exceptions.define(command)
  options.add(command, "--order", "newest|oldest", "With filters: which first. Default: newest.",
    options.order)
  change.define(command, "cancelled")
end

function cancel.run(parsed)
  return cancels.run(parsed, cancels.check(parsed))
end

return cancel
