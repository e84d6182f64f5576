-- Twenty-four processes of one application on one store: each gets its share of the slots.

local clocks = require "mde.simulator.clock"
local participants = require "spec.support.participants"
local services = require "mde.simulator.service"
local sqlite = require "mde.store.sql.sqlite"
local world = require "spec.support.world"

local PROCESSES, SECONDS = 24, 120

local WORK = [[
local participant = require "spec.support.participant"
local given = ...
local store = require "mde.store.sql.sqlite".open(given.folder, participant.clock, participant.name)
local client = participant.client({}, { store = store })
client:cancel_all(given.ids, { comment = "by mistake", parallel = given.parallel })
return store.database:row("SELECT count(*) FROM slots WHERE kind = 'waiting' AND holder = ?",
  participant.name)]]

local clock, service, run, folder

-- The slots that each process took. -> array, ascending
local function slots()
  local store = sqlite.open(folder, clock, "spec")
  local counts = {}
  for i = 1, PROCESSES do
    counts[i] = store.database:row([[SELECT count(*) FROM slots
      WHERE kind = 'taken' AND operation = 'cancel' AND holder = ?]], "p" .. i)
  end
  store:close()
  table.sort(counts)
  return counts
end

local function start(name, count, parallel)
  run:start(name, WORK, { folder = folder, ids = world.add(service, count), parallel = parallel })
end

describe("processes that share the quota", function()
  before_each(function()
    clock, folder = clocks.new(), os.tmpname()
    os.remove(folder)
    sqlite.open(folder, clock, "spec"):close()
    service = services.new { clock = clock,
                             latency = function(random) return 0.2 + random() end }
    run = participants.new(service, clock, { round_trip = 0.1 })
  end)

  after_each(function()
    run:close()
    os.execute("rm -rf " .. folder)
  end)

  it("each get at least half of the average, and use all slots", function()
    local began = clock.monotonic()
    for i = 1, PROCESSES do start("p" .. i, 60, 10) end
    run:go(function() return clock.monotonic() >= began + SECONDS end)
    local counts, sum = slots(), 0
    for _, count in ipairs(counts) do sum = sum + count end
    local text = ("%d to %d of %d"):format(counts[1], counts[#counts], sum)
    assert.is_true(sum >= 198, text)
    assert.is_true(counts[1] >= sum / PROCESSES / 2, text)
    assert.is_true(service:most_within(60, "cancel") <= 100)
    assert.equal(0, service:requests("cancel", 429))
  end)

  it("pass over one that died while it waited", function()
    for i = 1, 4 do start("p" .. i, 60, 10) end
    local began = clock.monotonic()
    run:go(function() return clock.monotonic() >= began + 30 end)
    run:kill "p1"
    run:go()
    assert.is_true(clock.monotonic() - began < 130, clock.monotonic() - began)
    assert.is_true(service:most_within(60, "cancel") <= 100)
  end)
end)
