-- mde launch: launches a machine action on machines.
--
-- Every machine and option is checked, and a person or --yes has agreed, before anything
-- is sent. Each machine is reported with what became of it.

local agreement = require "mde.cli.agreement"
local client = require "mde.cli.client"
local failure = require "mde.cli.failure"
local interrupt = require "mde.interrupt"
local launches = require "mde.cli.launches"
local options = require "mde.cli.options"
local output = require "mde.cli.output"
local permission = require "mde.cli.permission"

local launch = {}

local EPILOG = [[
TYPE is isolate, unisolate, restrict, unrestrict, scan, collect, offboard, quarantine,
live-response or investigate. MACHINE is an id or a DNS name; a short name will do where
only one machine has it. More than one machine is asked about at the terminal; offboard
takes one, and wants its name typed.

A launch whose answer is lost is looked for in the list of actions before anything is sent
again. One that the service says exists already is `existing`.

Examples:
   mde launch isolate srv-1.contoso.com -m "INC0048211"
   mde launch scan ws-1.contoso.com ws-2.contoso.com --scope Full -m "After clean-up" --wait
   mde launch quarantine ws-1.contoso.com --sha1 87662bc3d60e4200ceaf7aae249d1c343f4b83c9 \
       -m "INC0048211"
   mde launch live-response srv-1.contoso.com --run triage.ps1 --args "-Case 7" \
       --get 'C:\Temp\triage.zip' -m "INC0048211"]]

-- Adds the options of `launch` and of its shortcuts.
function launch.define_rest(command)
  command:argument("machines", "Machines."):args "+":argname "MACHINE"
  options.add(command, "-m --comment", "TEXT", "Why (required); the service keeps it.")
  command:flag("--wait", "Wait for the end of the actions.")
  options.add(command, "--deadline", "TIME", "With --wait: at most so long. Default: 1h.",
    options.duration)
  agreement.define(command, "launched")
  permission.define(command)
  command:flag("--json", "One JSON object a machine.")
end

function launch.define(command)
  command:epilog(EPILOG)
  command:argument("type", "What to launch."):argname "TYPE"
  launches.define(command)
  launch.define_rest(command)
end

-- {{ Which machines

-- The machine that each name stands for, once. Raises on the first that is none.
local function find(session, names)
  local machines, seen = {}, {}
  for _, name in ipairs(names) do
    local machine = failure.check(session:machine(name))
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

local function agree(session, parsed, kind, machines)
  local what = ("%s on %s"):format(kind.name, counted(#machines))
  agreement.check_count(parsed, #machines, what)
  if kind.is_final then
    return agreement.confirm_word(("Offboarding can't be undone from here. Type %s to offboard it:")
      :format(label(machines[1])), label(machines[1]))
  end
  if parsed.yes or #machines == 1 then return end
  agreement.confirm(("Launch %s on %s (%s) in %s"):format(kind.name, counted(#machines),
    names_of(machines), agreement.place(session)), what)
end

-- {{ Carrying out

-- What became of one. -> an item
local function perform(session, kind, machine, details)
  local action, err = session[kind.method](session, machine.id, details)
  local item = { machine = machine, action = action, error = err }
  if not action then item.outcome = err.sent and "unknown" or "refused"
  elseif action.existing then item.outcome = "existing"
  else item.outcome = "launched" end
  return item
end

local function wait_for(session, items, deadline)
  local list, places = {}, {}
  for _, item in ipairs(items) do
    if item.action and item.action.status then
      list[#list + 1], places[#places + 1] = item.action.id, item
    end
  end
  local ended = failure.check(session:wait(list, { timeout = deadline }))
  for i, result in ipairs(ended) do
    places[i].action, places[i].error = result.action or places[i].action, result.error
  end
end

-- }}

local function show(item, as_json)
  if as_json then return launches.show_json(item) end
  launches.show_text(item, label(item.machine))
end

-- 0 when all is as asked, 4 or 5 where all failed for that reason, else 1.
local function status_of(items, waited)
  local causes = {}
  for _, item in ipairs(items) do
    local is_good = item.action and not item.error
                    and (not waited or item.action.status == "Succeeded")
    local cause = is_good and 0 or failure.status(item.error) or failure.some
    if cause == failure.usage then cause = failure.some end
    causes[cause] = true
  end
  local cause = next(causes)
  return next(causes, cause) and failure.some or cause
end

local function carry_out(session, parsed, kind, machines, details)
  local items = {}
  interrupt.watch()
  for _, machine in ipairs(machines) do
    if interrupt.count() > 0 then break end
    local item = perform(session, kind, machine, details)
    items[#items + 1] = item
    if not parsed.wait then show(item, parsed.json) end
    output.flush()
  end
  local is_cut = interrupt.count() > 0 and #items < #machines
  interrupt.release()
  if parsed.wait then
    wait_for(session, items, parsed.deadline)
    for _, item in ipairs(items) do show(item, parsed.json) end
  end
  if not is_cut then return status_of(items, parsed.wait) end
  output.note("Interrupted: %s of %d machines; the others were not asked.", kind.name, #machines)
  for i = #items + 1, #machines do output.note("   not launched: %s", label(machines[i])) end
  return failure.interrupted
end

function launch.run(parsed)
  local kind = launches.kind(parsed.type)
  local details = launches.details(kind, parsed)
  if parsed.deadline and not parsed.wait then
    failure.raise(failure.usage, "--deadline needs --wait")
  end
  if kind.is_final and #parsed.machines > 1 then
    failure.raise(failure.usage, "offboard takes one machine at a time")
  end
  local session = client.connect(parsed)
  local machines = find(session, parsed.machines)
  if parsed.dry_run then
    for _, machine in ipairs(machines) do
      output.line(require("mde.terminal").printable(
        ("would launch %s on %s %s"):format(kind.name, label(machine), machine.id)))
    end
    output.note("Dry run: nothing was sent but what reads.")
    return 0
  end
  permission.check(session, parsed)
  agree(session, parsed, kind, machines)
  return carry_out(session, parsed, kind, machines, details)
end

return launch
