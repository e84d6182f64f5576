-- mde machines: lists machines, tags them, or shows which are isolated.
--
-- mde.program.machines.tags changes them; mde.program.machines.isolated derives their isolation.

local agreement = require "mde.program.batch.confirmation"
local chosen = require "mde.program.input.machines"
local client = require "mde.program.session.client"
local failure = require "mde.program.exit"
local listing = require "mde.program.listing"
local marking = require "mde.program.machines.tags"
local options = require "mde.program.input.options"
local shape = require "mde.program.listing.machine"
local system = require "mde.program.system"

local machines = {}

local EPILOG = [[
MACHINE is an id or a DNS name, or a short name if only one machine has it.
- reads ids from standard input, one per line or as JSON Lines. Filters choose
among all machines instead. With --tag or --ip, the service applies that filter
and mde the others.

Before it changes the tags or value of more than one machine, mde asks at the
terminal. --yes agrees beforehand, with filters only up to --max.

Isolation is derived from the history of actions; a note below the list says how
far back the history goes. Isolated machines come first, then those whose isolation is still
open. Live response started in the portal is not in the history.

Examples:
   mde machines --tag VIP --health Active
   mde machines --name 'web*' --not-seen-for 7d --ids
   mde machines srv-1.contoso.com --add-tag INC0048211
   mde machines --group Servers --set-value High --yes --max 40
   mde machines --isolated --only isolated --ids
   mde machines --isolated --csv > isolated.csv]]

local STATES = { "isolated", "isolating", "restricted", "restricting" }

-- A converter: a duration or a date.
local function since(text)
  if require "mde.base.duration".parse(text) then return text end
  return options.moment "--since"(text)
end

function machines.define(command)
  command:epilog(EPILOG)
  chosen.define(command)
  options.add(command, "--limit", "N", "List at most N, and report if there are more.",
    options.count)
  command:flag("--show-filters", "Show which filters the service applies, and which mde; send"
    .. " nothing.")
  command:mutex(
    command:flag("--isolated", "Show isolated machines: since when, by which"
      .. " requestor and why."),
    command:flag("--restricted", "Show machines whose code execution is restricted."))
  options.add(command, "--since", "TIME", "With --isolated or --restricted: read no older"
    .. " actions (30d, or a date).", since)
  options.add(command, "--only", "STATE", "With --isolated or --restricted: only machines in"
    .. " this state, such as isolated.",
    options.word("a state", function() return STATES end))
  client.define_deadline(command, "For a list: give up after this long. Default: 10m.")
  marking.define(command)
  agreement.define(command, "changed")
  listing.define(command)
end

-- Which machines

-- Checks the options together. -> criteria, true if there was any; the change or nil
local function check_options(parsed)
  local criteria, any = chosen.check(parsed)
  local named, change = #parsed.machines > 0, marking.change(parsed)
  local shows_state = parsed.isolated or parsed.restricted
  local refuse = failure.misuse_if
  refuse(parsed.only and not shows_state, "--only works only with --isolated or --restricted")
  refuse(parsed.since and not shows_state, "--since works only with --isolated or --restricted")
  refuse(shows_state and (any or change or parsed.limit or parsed.show_filters
    or #parsed.machines > 1 or parsed.machines[1] == "-"),
    "--isolated and --restricted take one machine at most, and no filters or changes")
  refuse(parsed.show_filters and (named or change), "--show-filters works only with filters")
  refuse(not change and (parsed.dry_run or parsed.yes or parsed.max),
    "-n, --yes and --max work only with --add-tag, --remove-tag or --set-value")
  refuse(change and not named and not any, "which machines? Give some, - for standard input, or"
    .. " filters")
  refuse(change and parsed.deadline, "--deadline works with lists, not with changes")
  refuse(change and parsed.limit, "--limit shortens a list; --max refuses what is more")
  return criteria, any, change
end

-- Returns the names, or the ids on standard input in their place.
local function ids_of(names)
  local ids, found = require "mde.program.input.ids", {}
  if names[1] ~= "-" then return names end
  ids.from_file(system.stdin, function(id) found[#found + 1] = id end, ids.MACHINE_ID)
  return found
end

-- Iterates over the named machines, each once.
local function named(session, names)
  local i, seen = 0, {}
  return function()
    while names[i + 1] do
      i = i + 1
      local machine = failure.check(session:machine(names[i]))
      if not seen[machine.id] then
        seen[machine.id] = true
        return machine
      end
    end
  end
end

function machines.run(parsed)
  local criteria, any, change = check_options(parsed)
  if parsed.isolated or parsed.restricted then
    return require "mde.program.machines.isolated".run(parsed)
  end
  if parsed.show_filters then
    listing.explain(parsed, require "mde.service.criteria.machine", criteria)
    return 0
  end
  if change then return marking.run(parsed, change, criteria, any) end
  local names = parsed.machines[1] and ids_of(parsed.machines)
  criteria.limit = parsed.limit and parsed.limit + 1
  return listing.run(parsed, shape, function(session)
    return names and named(session, names) or session:machines(criteria)
  end)
end

return machines
