-- Four processes of one application on one store, one of which is killed: the service
-- never sees one call too many, and the limits are used to the full.

local clocks = require "mde.simulator.clock"
local participants = require "spec.support.participants"
local postgresql = require "spec.support.postgresql"
local services = require "mde.simulator.service"
local sqlite = require "mde.store.sql.sqlite"
local world = require "spec.support.world"

-- Takes the next batch that no process runs, until there is none that is open.
local WORK = [[
local participant = require "spec.support.participant"
local given = ...
local store
if given.url then
  store = require "mde.store.sql.postgresql".open(given.url, participant.clock, participant.name)
else
  store = require "mde.store.sql.sqlite".open(given.folder, participant.clock, participant.name)
end
local client = participant.client({}, { store = store })
local counts = {}

local function record(batch)
  return {
    sent = function(_, call) batch:sent(call.target) end,
    ended = function(_, call)
      batch:ended(call.target, { verdict = call.verdict, error = call.err and call.err.code })
    end,
  }
end

local function open_ones()
  local list = {}
  for _, batch in ipairs(store.journal:batches()) do
    if batch:open_count() > 0 then list[#list + 1] = batch end
  end
  return list
end

while true do
  local left = open_ones()
  local batch, lock = store:take(left)
  if batch and batch:open_count() > 0 then
    participant.tell { took = batch.name }
    local report = client:cancel_all(batch:items(), {
      comment = batch.comment, parallel = 10, record = record(batch) })
    for verdict, count in pairs(report.counts) do
      counts[verdict] = (counts[verdict] or 0) + count
    end
    lock:release()
  elseif not batch then
    if #left == 0 then break end
    participant.sleep(5)
  else
    lock:release()
  end
end
return counts]]

local clock, service, run, server, folder

local function prepare()
  clock = clocks.new()
  service = services.new {
    clock = clock, latency = function(random) return 0.2 + random() end,
    oddities = { lost_before = { operation = "cancel", chance = 0.005 }, lost_after = 0.005,
                 late = 0.005, late_by = 100, bad_gateway = 0.005 },
  }
  run = participants.new(service, clock, { round_trip = 0.1 })
end

local function clean()
  run:close()
  if server then server:stop() end
  if folder then os.execute("rm -rf " .. folder) end
  server, folder = nil, nil
end

-- Four batches of `each` items.
local function add_batches(store, each)
  for i = 1, 4 do
    local batch, lock = assert(store.journal:draft {
      name = "b" .. i, who = "x", application = "x", comment = "x", order = "given" })
    for _, id in ipairs(world.add(service, each)) do batch:add(id) end
    batch:complete()
    batch:begin()
    lock:release()
  end
end

-- The least time for so many calls in the service's own windows.
local function optimum(count)
  local hours = math.floor((count - 1) / 1500)
  return hours * 3600 + math.floor((count - 1 - hours * 1500) / 100) * 60
end

local function check(store, each, arguments)
  add_batches(store, each)
  local began = clock.monotonic()
  for _, name in ipairs { "a", "b", "c", "d" } do run:start(name, WORK, arguments) end
  assert.is_nil(run:go(function()
    return clock.monotonic() > began + 300 and service:requests "cancel" % 7 == 3
  end))
  run:kill "b"
  local results = run:go()
  local took = clock.monotonic() - began
  local all = 0
  for _, batch in ipairs(store.journal:batches()) do
    local counts, in_flight, left = batch:counts()
    assert.same({ 0, 0 }, { in_flight, left })
    all = all + (counts.cancelled or 0) + (counts.already_cancelled or 0)
  end
  assert.equal(4 * each, all)
  for _, action in ipairs(service.actions) do
    assert.equal("Cancelled", service:status(action.id))
  end
  assert.is_true(service:most_within(60, "cancel") <= 100)
  assert.is_true(service:most_within(3600, "cancel") <= 1500)
  for _, operation in ipairs { "cancel", "get", "list" } do
    assert.equal(0, service:requests(operation, 429))
  end
  local best = optimum(service:requests "cancel")
  assert.is_true(took < best * 1.02, ("%g s, at best %g s"):format(took, best))
  assert.equal(137, results.b.status)
end

describe("four processes that share the quota", function()
  before_each(prepare)
  after_each(clean)

  it("through SQLite", function()
    folder = os.tmpname()
    os.remove(folder)
    check(sqlite.open(folder, clock, "spec"), 800, { folder = folder })
  end)

  it("through PostgreSQL", function()
    server = postgresql.start()
    run.on_time = postgresql.virtual_clock(server, clock)
    check(require "mde.store.sql.postgresql".open(server.url, clock, "spec"), 400,
      { url = server.url })
  end)
end)
