-- mde list: the machine actions that match, of one tenant or many.

local kinds = require "mde.service.kinds"
local listing = require "mde.program.listing"
local naming = require "mde.program.input.machine_name"
local options = require "mde.program.input.options"
local shape = require "mde.program.listing.action"

local list = {}

local EPILOG = [[
Open are Pending and InProgress: what can still be cancelled.

Examples:
   mde list --type Isolate --older-than 4h
   mde list --all --newer-than 7d --csv > actions.csv
   mde list -p 'emea-*' --status Pending
   mde list --requestor soar@contoso.com --ids | mde cancel - -m "SOAR misfire"
   mde list --machine ws-1.contoso.com --comment misfire --explain]]

-- What the service cannot filter by, and can only be asked for here.
local FILTERS = {
  { "--comment", "TEXT", "Only with this in the comment they were launched with." },
  { "--scope", "SCOPE", "Only of this scope, such as Full." },
  { "--cancelled-by", "NAME", "Only cancelled by this user or application." },
  { "--order", "newest|oldest", "Which come first. Default: newest.", convert = options.order },
}

function list.define(command)
  command:epilog(EPILOG)
  options.add_filters(command)
  options.add_each(command, FILTERS)
  command:flag("--all", "Finished ones too.")
  options.add(command, "--limit", "N", "At most so many; it is said when there are more.",
    options.count)
  command:flag("--explain", "Show what the service filters and what is filtered here, and send"
    .. " nothing.")
  require "mde.program.session.client".define_deadline(command)
  listing.define(command)
end

function list.run(parsed)
  local criteria = options.read_each(parsed, FILTERS, (options.criteria(parsed)))
  -- What was cancelled is not open.
  if not parsed.all and not criteria.status and not criteria.cancelled_by then
    criteria.status = kinds.open
  end
  if parsed.explain then
    listing.explain(parsed, require "mde.service.criteria.action", criteria)
    return 0
  end
  criteria.limit = parsed.limit and parsed.limit + 1
  local name = criteria.machine
  return listing.run(parsed, shape, function(session)
    criteria.machine = naming.criterion(session, name)
    return session:actions(criteria)
  end)
end

return list
