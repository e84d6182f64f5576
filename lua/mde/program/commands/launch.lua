-- mde launch: launches a machine action on machines.
--
-- Every machine and option is checked, and a person or --yes has agreed, before anything
-- is sent. Each machine is reported with what became of it.

local agreement = require "mde.program.batch.confirmation"
local client = require "mde.program.session.client"
local duration = require "mde.base.duration"
local failure = require "mde.program.exit"
local guards = require "mde.program.batch.guards"
local interruption = require "mde.program.terminal.interruption"
local launches = require "mde.program.launch.kinds"
local line = require "mde.program.terminal.line"
local naming = require "mde.program.input.machine_name"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local permission = require "mde.program.session.permission"
local terminal = require "mde.terminal"

local launch = {}

local EPILOG = [[
TYPE is isolate, unisolate, restrict, unrestrict, scan, collect, offboard,
quarantine or live-response. MACHINE is an id or a DNS name; a short name
will do where only one machine has it. More than one machine is
asked about at the terminal; offboard takes one, and wants its name typed.

Each machine is launched, existing (the same is under way already), refused,
unsent, or unknown: a launch whose answer is lost is looked for in the list
of actions, and sent again only where it is not there. Where the existing one
has another scope the exit status is 1; with --wait it is 0 only if all
Succeeded.

Examples:
   mde launch isolate srv-1.contoso.com -m "INC0048211"
   mde launch scan ws-1.contoso.com ws-2.contoso.com --scope Full -m x --wait
   mde launch quarantine ws-1.contoso.com -m "INC0048211" \
       --sha1 87662bc3d60e4200ceaf7aae249d1c343f4b83c9
   mde launch live-response srv-1.contoso.com -m "INC0048211" \
       --run triage.ps1 --args "-Case 7" --get 'C:\Temp\triage.zip']]

local SHORTCUT = [[
The same as `mde launch TYPE`: see `mde help launch`.

Example:
   mde TYPE srv-1.contoso.com -m "INC0048211"]]

local function define_rest(command)
  command:argument("machines", "Machines."):args "+":argname "MACHINE"
  options.add(command, "-m --comment", "TEXT", "Why (required); the service keeps it.")
  command:flag("--wait", "Wait for the end of the actions.")
  options.add(command, "--deadline", "TIME", "With --wait: at most so long. Default: 1h.",
    options.duration)
  agreement.define(command, "launched")
  permission.define(command)
  command:flag("--json", "One JSON object a machine.")
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

-- {{ Which machines

-- The machine that each name stands for, once. Raises on the first that is none.
local function find(session, names)
  local machines, seen = {}, {}
  for _, name in ipairs(names) do
    local machine = naming.before_sending(session.machine, session, name)
    if not seen[machine.id] then
      seen[machine.id] = true
      machines[#machines + 1] = machine
    end
  end
  return machines
end

local function label(machine)
  return machine.computerDnsName or machine.id
end

local function names_of(machines)
  local names = {}
  for i = 1, math.min(#machines, 3) do names[i] = label(machines[i]) end
  local rest = #machines - #names
  return table.concat(names, ", ") .. (rest > 0 and (" and %d more"):format(rest) or "")
end

-- }}

local function counted(count)
  return count == 1 and "1 machine" or count .. " machines"
end

-- Checks the limit. -> what is to be done, in words
local function check_count(parsed, kind, machines)
  local what = ("%s on %s"):format(kind.name, counted(#machines))
  agreement.check_count(parsed, #machines, what)
  return what
end

-- The guards that a launch exceeds: see guards.check.
local function check_guards(session, parsed, kind, machines)
  local items, known = {}, {}
  for i, machine in ipairs(machines) do
    items[i], known[machine.id] = { id = machine.id, change = kind.operation }, machine
  end
  return guards.check(session, parsed, items, known)
end

local function agree(session, parsed, kind, machines, what)
  local exceeded = check_guards(session, parsed, kind, machines)
  if kind.is_final then
    local question = "Offboarding in %s can't be undone from here. Type %s to offboard it:"
    return agreement.confirm_word(question:format(agreement.place(session), label(machines[1])),
      label(machines[1]), exceeded)
  end
  if not exceeded and (parsed.yes or #machines == 1) then return end
  agreement.confirm(("Launch %s on %s (%s) in %s"):format(kind.name, counted(#machines),
    names_of(machines), agreement.place(session)), what, nil, exceeded)
end

-- What would be launched.
local function preview(parsed, kind, machines)
  for _, machine in ipairs(machines) do
    if parsed.json then
      launches.show_json { machine = machine, outcome = "unsent" }
    else
      output.line(terminal.printable(("would launch %s on %s %s"):format(kind.name,
        label(machine), machine.id)))
    end
  end
  output.flush()
  output.note("Dry run: nothing was launched.")
  return 0
end

-- {{ Carrying out

-- What became of one. -> an item
local function perform(session, kind, machine, details)
  local action, err = session[kind.operation](session, machine.id, details)
  local item = { machine = machine, action = action, error = err }
  if action then item.outcome = action.existing and "existing" or "launched"
  elseif err.sent then item.outcome = "unknown"
  else item.outcome = err.status and "refused" or "unsent" end
  item.is_other = action and action.existing and details.type and action.scope
                  and action.scope ~= details.type
  return item
end

-- How to show an item, as a function(item).
local function printer(parsed, machines)
  local width = 0
  for _, machine in ipairs(machines) do width = math.max(width, #label(machine)) end
  return function(item)
    line.clear()
    if parsed.json then launches.show_json(item)
    else launches.show_text(item, label(item.machine), width) end
    output.flush()
    launches.note_next(item, label(item.machine))
  end
end

-- Launches on one machine after the other, and shows each, unless its end is waited for. What
-- can't be shown ends it, since no one could tell what was done.
-- -> items, what was raised
local function launch_all(session, parsed, kind, machines, details, show)
  local items = {}
  interruption.watch(session, function()
    line.show(("%s: %d of %d machines"):format(kind.name, #items, #machines))
  end)
  for _, machine in ipairs(machines) do
    if interruption.came() then break end
    local item = perform(session, kind, machine, details)
    if item.error and item.error.code == "interrupted" and not item.error.sent then break end
    items[#items + 1] = item
    local shown, problem = true, nil
    if not parsed.wait then shown, problem = pcall(show, item) end
    if not shown then
      launches.tell(item, label(machine))
      return items, problem
    end
  end
  return items
end

-- Waits for the end of what was launched.
local function wait_for(session, items, deadline)
  local list, places = {}, {}
  for _, item in ipairs(items) do
    if item.action then
      list[#list + 1], places[#places + 1] = item.action.id, item
    end
  end
  if #list == 0 then return end
  output.note("%d launched; waiting for the end.", #list)
  local began = session.clock.monotonic()
  interruption.only_reads(session, function()
    line.show(("waiting for the end of %s, %s"):format(
      #list == 1 and "1 action" or #list .. " actions",
      duration.text(session.clock.monotonic() - began)))
  end)
  for i, result in ipairs(failure.check(session:wait(list, { timeout = deadline }))) do
    local existing = places[i].action.existing
    places[i].action, places[i].error = result.action or places[i].action, result.error
    places[i].action.existing = existing
  end
end

-- The exit status of all.
local function status_of(items, waited)
  local causes = {}
  for _, item in ipairs(items) do
    local action = item.action
    local is_good = action and not item.error and not item.is_other
                    and (not waited or action.status == "Succeeded")
    causes[is_good and 0 or failure.of_item(not action and item.error or nil)] = true
  end
  return failure.of_all(causes)
end

-- Says what was not launched.
local function note_rest(items, machines, why)
  if #items == #machines then
    return output.note("%s: no longer waited for; what was launched goes on.", why)
  end
  output.note("%s: %d of %d machines were asked.", why, #items, #machines)
  for i = #items + 1, #machines do output.note("   not launched: %s", label(machines[i])) end
end

local function carry_out(session, parsed, kind, machines, details)
  local show = printer(parsed, machines)
  local items, problem = launch_all(session, parsed, kind, machines, details, show)
  if parsed.wait then
    if not interruption.came() then wait_for(session, items, parsed.deadline) end
    for _, item in ipairs(items) do
      if not problem then
        local _
        _, problem = pcall(show, item)
      end
    end
  end
  local is_cut = interruption.came() and (#items < #machines or parsed.wait)
  interruption.release(session)
  if is_cut then
    note_rest(items, machines, "Interrupted")
    return failure.interrupted
  end
  if #items < #machines then note_rest(items, machines, "The output failed") end
  if problem and failure.status(problem) ~= 0 then error(problem, 0) end
  return #items < #machines and failure.some or status_of(items, parsed.wait)
end

-- }}

function launch.run(parsed)
  local kind = launches.kind(parsed.type)
  local details = launches.details(kind, parsed)
  local session = client.connect(parsed)
  local machines = find(session, parsed.machines)
  local what = check_count(parsed, kind, machines)
  if parsed.dry_run then return preview(parsed, kind, machines) end
  permission.check(session, parsed)
  agree(session, parsed, kind, machines, what)
  return carry_out(session, parsed, kind, machines, details)
end

return launch
