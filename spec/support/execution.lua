-- Carries out a batch in this process, against a simulated service under a virtual clock.

require "spec.support.policy"
local clocks = require "mde.simulator.clock"
local execution = require "mde.program.batch.execution"
local sqlite = require "mde.store.sql.sqlite"
local system = require "mde.program.system"
local systems = require "spec.support.system"
local world = require "spec.support.world"

local executions = {}

-- The status of the action that a change is about; a launch is about a machine.
local STATUS = { cancel = "Pending", undo = "Succeeded" }

-- Adds the targets of the changes to the service, and the changes to a draft. -> ids
local function fill(draft, service, case)
  local ids = {}
  for i = 1, case.count do
    local change = case.change or "cancel"
    if type(change) == "function" then change = change(i) end
    local machine, status = service:add_machine {}, case.status and case.status(i)
                                                    or STATUS[change]
    ids[i] = status and service:add { type = "Isolate", machine_id = machine, status = status }
             or machine
    draft:add_change { id = ids[i], change = change, machine = machine,
                       expected = case.plan and status or nil }
  end
  return ids
end

local function carry_out(case, clock)
  local service
  local oddities = case.oddities
  if type(oddities) == "function" then
    oddities = oddities(clock, function() return service end)
  end
  local client
  client, service = world.new({ clock = clock, latency = case.latency, oddities = oddities },
    case.options, case.open or function() return sqlite.open(nil, clock, "spec") end)
  local draft, lock = assert(client.store.journal:draft { name = "b", who = "dana",
    application = "x", comment = "by mistake", order = "given", plan = case.plan })
  local ids = fill(draft, service, case)
  draft:complete()
  assert(client:sign_in())
  if case.arrange then case.arrange(service, ids, draft) end
  local began = clock.monotonic()
  local status, results = execution.run(client, draft, case.parsed, "begun")
  local found = { result = status or results, seconds = clock.monotonic() - began,
                  verdicts = draft:counts(), service = service, batch = draft,
                  history = draft:history() }
  if case.resume then found.resumed = execution.run(client, draft, case.resume, "resumed") end
  found.open = draft:open_count()
  lock:release()
  client.store:close()
  return found
end

-- Carries out `case.count` changes (`case.change`: a change or function(i), default "cancel"; of the
-- plan `case.plan`; case.status(i): the status of an action) with the options `case.parsed`, and then with `case.resume` if given.
-- case.oddities: of the service, or a function(clock, get_service) that returns them; case.options:
-- of the client; case.open(clock) opens the store (default: one in memory), with
-- its audit log in case.state/mde;
-- case.arrange(service, ids, draft) is called before it begins;
-- case.answers: what a person types, an array (default: there is no terminal); a function(clock)
-- returns it, or false if nothing was typed yet.
-- -> { result (of execution.run), seconds, verdicts, history, open (items), service, batch, asked
-- (questions), err (standard error) }
function executions.run(case)
  local clock, asked = clocks.new(), {}
  local own = systems.new({ XDG_STATE_HOME = case.state }, { clock = clock })
  function own.terminal.ask(question)
    asked[#asked + 1] = question
    local answer = case.answers and table.remove(case.answers, 1)
    if type(answer) == "function" then return answer(clock) end
    return answer
  end
  function own.open(path, mode)
    if path ~= "/dev/tty" then return io.open(path, mode) end
    return case.answers and { close = function() end }
  end
  local found = system.run(own, carry_out, case, clock)
  found.asked, found.err = asked, own.stderr.text
  return found
end

return executions
