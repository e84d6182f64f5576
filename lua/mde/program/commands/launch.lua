-- mde launch: launches a machine action on machines, as a batch.

local agreement = require "mde.program.batch.confirmation"
local change = require "mde.program.batch.change"
local cjson = require "cjson"
local exceptions = require "mde.program.input.exceptions"
local failure = require "mde.program.exit"
local launches = require "mde.program.launch.kinds"
local machines = require "mde.program.input.machines"
local options = require "mde.program.input.options"

local launch = {}

local EPILOG = [[
TYPE is isolate, unisolate, restrict, unrestrict, scan, collect, offboard,
quarantine or live-response. MACHINE is an id or a DNS name; a short name
suffices if only one machine has it. - reads standard input: one id or name per
line, CSV with a column such as DeviceId or DeviceName, or JSON Lines. Filters
choose among all machines instead. Asks at the terminal before it changes
more than one machine; --yes agrees beforehand, with filters or standard input
only up to --max. Offboard takes one machine, and asks for its name.

A launch is a batch in the journal, as a cancel is: `mde resume` continues it,
and a launch whose answer was lost is searched for in the list of actions
before it is repeated. The verdict on each machine is launched, existing (the
same action was open already), refused, not_found, forbidden, error, unsent or
unknown; with --wait: succeeded, failed, or accepted (not ended yet).

Examples:
   mde launch isolate srv-1.contoso.com -m "INC0048211"
   mde launch scan ws-1.contoso.com ws-2.contoso.com --scope Full -m x --wait
   mde launch scan - -m "INC0048211" --yes --max 40 < machines.csv
   mde launch isolate --tag Infected -m "INC0048211"
   mde launch quarantine ws-1.contoso.com -m "INC0048211" \
       --sha1 87662bc3d60e4200ceaf7aae249d1c343f4b83c9
   mde launch live-response srv-1.contoso.com -m "INC0048211" \
       --run triage.ps1 --args "-Case 7" --get 'C:\Temp\triage.zip']]

local SHORTCUT = [[
The same as `mde launch TYPE`: see `mde help launch`.

Example:
   mde TYPE srv-1.contoso.com -m "INC0048211"]]

local function define_rest(command)
  machines.define(command)
  exceptions.define(command, true)
  options.add(command, "-m --comment", "TEXT", "Why (required); the service keeps it.")
  change.define(command, "launched")
end

-- Defines `mde launch TYPE`; or, with `type`, the command of that name for this type alone.
function launch.define(command, type)
  if type then
    command:epilog((SHORTCUT:gsub("TYPE", type)))
    launches.define(command, launches.kind(type))
  else
    command:epilog(EPILOG)
    command:argument("type", "What to launch."):argname "TYPE".words = launches.names
    launches.define(command)
  end
  define_rest(command)
end

local MOST_NAMED = 3  -- machines in a question

-- Collects the names of the first machines. -> add(machine), text(count)
local function first_names()
  local names = {}
  local function add(machine)
    if #names < MOST_NAMED then names[#names + 1] = machine.name or machine.id end
  end
  return add, function(count)
    local more = count - #names
    return (" (%s%s)"):format(table.concat(names, ", "), more > 0 and (" and %d more"):format(more)
      or "")
  end
end

-- Asks for the name of a machine whose launch cannot be undone.
local function confirm_final(name)
  return function(session, exceeded)
    agreement.confirm_word(("Offboarding in %s can't be undone from here. Type %s to offboard it:")
      :format(agreement.place(session), name()), name(), exceeded)
  end
end

function launch.run(parsed)
  local kind = launches.kind(parsed.type)
  local details = launches.details(kind, parsed)
  local criteria, any = machines.check(parsed)
  failure.misuse_if(not any and not parsed.machines[1],
    "which machines? Give ids or names, - for standard input, or filters")
  local is_chosen = machines.are_chosen(parsed, any)
  change.check(parsed, is_chosen, "INC0048211")
  criteria.limit = not exceptions.of(parsed) and parsed.max and parsed.max + 1 or nil
  local add_name, names = first_names()
  local name
  return change.run(parsed, {
    change = kind.operation, verb = ("Launch %s on"):format(kind.name), details = names,
    is_chosen = is_chosen, has_filters = any,
    confirm = kind.is_final and confirm_final(function() return name end) or nil,
    fill = function(draft, session, visit, excepted)
      local arguments = next(details) and cjson.encode(details) or nil
      for machine in machines.each(session, parsed, criteria, kind.is_final) do
        if not excepted or excepted:keeps({ machineId = machine.id,
            computerDnsName = machine.name }, machine.record) then
          name = machine.name or machine.id
          add_name(machine)
          if machine.record then visit(machine.record) end
          draft:add_change { id = machine.id, machine = machine.id, name = machine.name,
                             change = kind.operation, arguments = arguments }
        end
      end
    end,
  })
end

return launch
