-- A batch that takes a day, journalled, while the service fails in every way it knows.

local sqlite = require "mde.store.sql.sqlite"
local world = require "spec.support.world"

local COUNT = 36000

local folder

after_each(function() os.execute("rm -rf " .. folder) end)

it("a day's batch ends with one verdict an item, as the service's ledger has it", function()
  local pipe = assert(io.popen "mktemp -d -p /dev/shm 2>/dev/null || mktemp -d")
  folder = pipe:read()  -- in memory where that is possible: no disk is waited for
  pipe:close()
  local chance = 0.002  -- each of ten ways: two of a hundred requests
  local client, service, clock = world.new({
    token_lifetime = 3600, latency = function(random) return 0.1 + random() * 0.4 end,
    oddities = {
      internal_error = chance, bad_gateway = chance, unavailable = chance, throttled = chance,
      revoked_token = chance, cut_json = chance, unreachable = chance, lost_before = chance,
      lost_after = chance, late = chance, throttled_for = 5, late_by = 90,
    },
  }, {}, function(clock) return sqlite.open(folder, clock, "dana") end)
  local ids = world.add(service, COUNT)
  local batch = assert(client.store.journal:draft {
    name = "day", who = "dana", application = "x", comment = "x", order = "given" })
  for _, id in ipairs(ids) do batch:add(id) end
  batch:complete()
  batch:begin()
  local began, seen, given = clock.monotonic(), {}, 0
  local report = assert(client:cancel_all(batch:items(), {
    comment = "x", parallel = 20, record = {
      sent = function(_, call) batch:sent(call.target) end,
      ended = function(_, call) batch:ended(call.target, { verdict = call.verdict }) end,
    },
    on_item = function(item)
      assert(not seen[item.id], "an item came twice")
      seen[item.id], given = item.verdict, given + 1
    end,
  }))
  local took = clock.monotonic() - began
  assert.equal(COUNT, given)
  assert.equal(COUNT, report.total)
  local in_journal = 0
  for row in batch:rows() do
    in_journal = in_journal + 1
    assert.equal(seen[row.id], row.verdict)
    local posts, effects = service:posted(row.id)
    assert.is_true(posts <= #row.sends)
    local effective = 0
    for _, effect in ipairs(effects) do effective = effective + (effect and 1 or 0) end
    assert.is_true(effective <= 1)
    if row.verdict == "cancelled" or row.verdict == "already_cancelled" then
      assert.equal("Cancelled", service:status(row.id))
    else
      assert.truthy(row.verdict == "error" or row.verdict == "unknown" or row.verdict == "unsent",
        row.verdict)
    end
  end
  assert.equal(COUNT, in_journal)
  assert.is_true((report.counts.cancelled or 0) > COUNT * 0.99, report.counts.cancelled)
  assert.is_true(service:most_within(3600, "cancel") <= 1500)
  assert.is_true(service:requests "token" >= 24)
  assert.is_true(took > 86400 * 0.95 and took < 86400 * 1.1, took)
end)
