-- Processes whose clocks are wrong and step, on each store: one is killed while its requests
-- are in flight, another resumes its batch. The service's ledger tells what was done.

local clocks = require "mde.simulator.clock"
local participants = require "spec.support.participants"
local postgresql = require "spec.support.postgresql"
local services = require "mde.simulator.service"
local sqlite = require "mde.store.sql.sqlite"
local world = require "spec.support.world"

local COMMENT = "SOAR misfire"

-- Carries out a batch with a wall clock that is `skew` seconds ahead, and steps by `step` two
-- seconds after the process began.
local WORK = [[
local participant = require "spec.support.participant"
local given = ...
local clock = participant.clock
local real, began = clock.wall, clock.monotonic()
function clock.wall()
  return real() + given.skew + (clock.monotonic() > began + 2 and given.step or 0)
end
local store
if given.url then
  store = require "mde.store.sql.postgresql".open(given.url, clock, participant.name)
else
  store = require "mde.store.sql.sqlite".open(given.folder, clock, participant.name)
end
local client = participant.client({}, { store = store })
local batch = assert(store.journal:find(given.batch))
local verdicts = {}
assert(client:cancel_all(batch:items(given.undoing), {
  comment = batch.comment, record = {
    sent = function(_, call) batch:sent(call.target) end,
    ended = function(_, call) batch:ended(call.target, { verdict = call.verdict }) end,
  },
  on_item = function(item) verdicts[item.id] = item.verdict end }))
return verdicts]]

local clock, service, run, store, server, set_time, folder
local began = 1769198400  -- 2026-01-23T20:00:00Z

-- Each begins an hour later than the one before: a server's time does not go back.
local function prepare()
  began = began + 3600
  clock = clocks.new(began)
  service = services.new { clock = clock, latency = function() return 3 end,
                           roles = { "Machine.Read.All", "Machine.Isolate" } }
  run = participants.new(service, clock, { round_trip = 0.1 })
end

local function clean()
  run:close()
  if store then store:close() end
  if folder then os.execute("rm -rf " .. folder) end
  store, folder = nil, nil
end

-- PostgreSQL, a minute behind the service.
local function open_postgresql()
  if not server then
    server = postgresql.start()
    set_time = postgresql.virtual_clock(server, clock)
  end
  run.on_time = function(wall) set_time(wall - 60) end
  run.on_time(clock.wall())
  return require "mde.store.sql.postgresql".open(server.url, clock, "spec")
end

teardown(function()
  if server then server:stop() end
end)

-- A batch of these items, which `add(batch, id)` puts there. -> its name
local function new_batch(ids, add)
  local batch, lock = assert(store.journal:draft {
    who = "x", application = "x", comment = COMMENT, order = "given" })
  for _, id in ipairs(ids) do add(batch, id) end
  batch:complete()
  batch:begin()
  lock:release()
  return batch.name
end

-- Six open actions, and four that another user cancels with the same comment just before.
-- -> the batch's name, ids
local function add_cancels()
  local ids = world.add(service, 10)
  for i = 7, 10 do service.by_id[ids[i]]:cancel(service:now() - 20, 0, "a", COMMENT) end
  return new_batch(ids, function(batch, id) batch:add(id) end), ids
end

-- Four isolations to undo; two of their machines were isolated and undone with the same
-- comment before. -> the batch's name, ids, machines
local function add_undos()
  local ids, machines = {}, {}
  for i = 1, 4 do
    machines[i] = service:add_machine { lastSeen = service:now() - 60 }
    if i > 2 then
      service:add { type = "Unisolate", status = "Succeeded", age = 600, comment = COMMENT,
                    requestor = service.client_id, machine_id = machines[i] }
    end
    ids[i] = service:add { type = "Isolate", status = "Succeeded", age = 300,
                           machine_id = machines[i] }
  end
  return new_batch(ids, function(batch, id)
    batch:add_change { id = id, change = "undo", expected = "Succeeded" }
  end), ids, machines
end

-- Carries out a batch by a process that is killed once `count` requests of an operation have
-- arrived, and by one that resumes it ten seconds later. -> what the second returns
local function kill_and_resume(arguments, operation, count, skews)
  local function start(name, skew)
    local given = { skew = skew[1], step = skew[2] }
    for key, value in pairs(arguments) do given[key] = value end
    run:start(name, WORK, given)
  end
  start("first", skews[1])
  assert.is_nil(run:go(function() return service:requests(operation) == count end))
  run:kill "first"
  clock.advance(10)
  start("second", skews[2])
  return run:go().second.value
end

local function has_effect(id)
  local _, effects = service:posted(id)
  for _, effect in ipairs(effects) do
    if effect then return true end
  end
  return false
end

local function check(arguments, skews)
  local ids, machines
  arguments.batch, ids = add_cancels()
  local verdicts = kill_and_resume(arguments, "cancel", 10, skews)
  for _, id in ipairs(ids) do
    assert.equal(has_effect(id) and "cancelled" or "already_cancelled", verdicts[id])
    assert.equal(1, (service:posted(id)))
  end
  arguments.batch, ids, machines = add_undos()
  arguments.undoing = true
  verdicts = kill_and_resume(arguments, "unisolate", 4, skews)
  for i, id in ipairs(ids) do
    assert.equal("undo_accepted", verdicts[id])
    assert.equal(1, service:launched(machines[i], "unisolate"))
  end
  assert.equal(4, service:requests "unisolate")
end

-- The wall clocks of the two processes: seconds ahead at first, and by how much they step.
local CLOCKS = {
  ["300 s behind"] = { { -300, 0 }, { -300, 0 } },
  ["300 s ahead"] = { { 300, 0 }, { 300, 0 } },
  ["stepped during the batch"] = { { 300, -600 }, { -300, 600 } },
  ["set back between kill and resume"] = { { 300, 0 }, { -300, 0 } },
  ["set ahead between kill and resume"] = { { -300, 0 }, { 300, 0 } },
}

for name, skews in pairs(CLOCKS) do
  describe("a batch whose machine's clock is " .. name, function()
    before_each(prepare)
    after_each(clean)

    it("agrees with the service's ledger, through SQLite", function()
      folder = os.tmpname()
      os.remove(folder)
      store = sqlite.open(folder, clock, "spec")
      check({ folder = folder }, skews)
    end)

    it("agrees with the service's ledger, through PostgreSQL", function()
      store = open_postgresql()
      check({ url = server.url }, skews)
    end)
  end)
end
