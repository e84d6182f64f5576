-- Carries out a batch in this process, against a simulated service under a virtual clock.

require "spec.support.policy"
local clocks = require "mde.simulator.clock"
local execution = require "mde.program.batch.execution"
local sqlite = require "mde.store.sql.sqlite"
local system = require "mde.program.system"
local systems = require "spec.support.system"
local world = require "spec.support.world"

local executions = {}

-- Adds the targets of `count` changes to the service, and the changes to a draft. -> their ids
local function fill(draft, service, change, count)
  local ids = {}
  for i = 1, count do
    local machine = service:add_machine {}
    ids[i] = change == "cancel" and service:add { type = "Isolate", machine_id = machine }
             or machine
    draft:add_change { id = ids[i], change = change }
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
  client, service = world.new({ clock = clock, latency = case.latency, oddities = oddities }, {},
    function() return sqlite.open(nil, clock, "spec") end)
  local draft, lock = assert(client.store.journal:draft { name = "b", who = "dana",
    application = "x", comment = "by mistake", order = "given" })
  local ids = fill(draft, service, case.change or "cancel", case.count)
  draft:complete()
  assert(client:sign_in())
  if case.arrange then case.arrange(service, ids) end
  local began = clock.monotonic()
  local result = execution.run(client, draft, case.parsed, "begun")
  local found = { result = result, seconds = clock.monotonic() - began, verdicts = draft:counts(),
                  service = service, batch = draft, history = draft:history() }
  if case.resume then found.resumed = execution.run(client, draft, case.resume, "resumed") end
  found.open = draft:open_count()
  lock:release()
  client.store:close()
  return found
end

-- Carries out `case.count` changes (`case.change`, default "cancel") with the options `case.parsed`,
-- and then with `case.resume` if given. case.oddities: of the service, or a function(clock,
-- get_service) that returns them; case.arrange(service, ids) is called before it begins;
-- case.answers: what a person types, an array (default: there is no terminal).
-- -> { result (of execution.run), seconds, verdicts, history, open (items), service, batch, asked (questions),
-- err (standard error) }
function executions.run(case)
  local clock, asked = clocks.new(), {}
  local own = systems.new({}, { clock = clock })
  function own.terminal.ask(question)
    asked[#asked + 1] = question
    return case.answers and table.remove(case.answers, 1)
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
