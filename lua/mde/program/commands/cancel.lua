-- mde cancel: cancels machine actions by id or by filters.

local change = require "mde.program.batch.change"
local cancels = require "mde.program.batch.cancels"
local exceptions = require "mde.program.input.exceptions"
local options = require "mde.program.input.options"

local cancel = {}

local EPILOG = [[
Give ids, or - to read them from standard input (one per line, blank lines and
# comments skipped, CSV with a column id, or JSON Lines as from
`mde list --json`), or filters, which choose among the open actions. Asks at
the terminal before it cancels more than one action; --yes agrees beforehand,
with filters or standard input only up to --max.

Writes the actions to the journal, as a batch, before it sends anything. If the
batch stops, `mde resume BATCH` continues it. Exit status: 0 if all are
cancelled or accepted, or nothing matched; with --wait, 1 if an action is only
accepted.

A cancel does not release a machine. If its isolation was InProgress, a machine
may be isolated already: `mde undo BATCH` releases it.

Examples:
   mde cancel 5382f7ea-7557-4ab7-9782-d50480024a4e -m "Launched by mistake"
   mde cancel --type Isolate --requestor soar@contoso.com -n
   mde cancel --older-than 4h -m "Stuck" --yes --max 50
   mde list --status Pending --ids | mde cancel - -m "Stuck" --yes --max 50]]

function cancel.define(command)
  command:epilog(EPILOG)
  command:argument("ids", "Actions, by id or its first 8 digits, or - for standard input.")
    :args "*":argname "ID"
  options.add(command, "-m --comment", "TEXT", "Why (required); the service keeps it.")
  options.add_filters(command)
  exceptions.define(command)
  options.add(command, "--order", "newest|oldest", "With filters: which actions come first."
    .. " Default: newest.",
    options.order)
  change.define(command, "cancelled")
end

function cancel.run(parsed)
  return cancels.run(parsed, cancels.check(parsed))
end

return cancel
