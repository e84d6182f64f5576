-- Waiting for a process that holds a database.

local patience = require "mde.store.sql.waiting"
local stores = require "spec.support.stores"

teardown(stores.stop)

-- A clock whose sleep is all that takes time.
local function new_clock()
  local now = 1000
  return { monotonic = function() return now end,
           sleep = function(seconds) now = now + seconds end }
end

describe("waiting for a store", function()
  it("names the holder within 5 s, and ends after 60 s, or another limit", function()
    for _, limit in ipairs { 60, 600 } do
      local clock, said, said_at = new_clock(), {}, nil
      local waiting = patience.new("s", clock, {
        limit = limit ~= 60 and limit or nil,
        say = function(text) said[#said + 1], said_at = text, clock.monotonic() end,
      }, function() return "dana@soc1 pid 7" end)
      local done, err
      repeat done, err = pcall(waiting.rest, waiting) until not done
      assert.equal("store", err.code)
      assert.equal(("the store s: locked by dana@soc1 pid 7 for %d s"):format(limit), err.message)
      assert.same({ ("The store is locked by dana@soc1 pid 7: waiting, at most %d s.")
        :format(limit) }, said)
      assert.is_true(said_at < 1005)
      assert.is_true(math.abs(clock.monotonic() - 1000 - limit) < 1)
    end
  end)

  it("ends within 2 s of a request to end", function()
    local clock = new_clock()
    local waiting = patience.new("s", clock, {
      stopped = function() return clock.monotonic() >= 1020 end,
    }, function() end)
    local done, err
    repeat done, err = pcall(waiting.rest, waiting) until not done
    assert.truthy(err.message:find "locked by another process")
    assert.is_true(clock.monotonic() > 1020 and clock.monotonic() < 1022)
  end)
end)

describe("a PostgreSQL store that another process has locked", function()
  before_each(function() stores.prepare "postgresql" end)
  after_each(stores.clean)

  -- Two stores, of which the first has a lock; the second waits, by a clock of its own.
  local function held()
    local one, two = stores.open "dana@soc1 pid 7 (ab12)", stores.open "b"
    one.database:begin()
    one:lock "x"
    local clock = new_clock()
    two.database.clock = clock
    return one, two
  end

  it("names it, and gives up", function()
    local _, two = held()
    local said = {}
    two.database.world = { say = function(text) said[#said + 1] = text end }
    two.database:begin()
    local done, err = pcall(two.lock, two, "x")
    two:rollback()
    assert.is_false(done)
    assert.truthy(err.message:find "locked by dana@soc1 pid 7 for 60 s", err.message)
    assert.truthy(said[1]:find "locked by dana@soc1 pid 7: waiting", said[1])
    two.database:atomically(function() two:lock "y" end)
  end)

  it("gets the lock when that one's transaction has ended", function()
    local one, two = held()
    local said = {}
    two.database.world = { say = function(text)
      said[#said + 1] = text
      one:commit()
    end }
    two.database:atomically(function() two:lock "x" end)
    assert.equal("The store is free again.", said[2])
  end)

  it("gets the lock when the server ends a session that stopped within a transaction", function()
    local one, two = stores.open "a", stores.open "b"
    one.database:once "SET idle_in_transaction_session_timeout TO '200ms'"  -- 20 s otherwise
    one.database:begin()
    one:lock "x"
    two.database:atomically(function() two:lock "x" end)
    local done, err = pcall(one.commit, one)
    assert.is_false(done)
    assert.equal("store", err.code)
  end)

  it("has sessions that end when their other side vanishes", function()
    local database = stores.open "a".database
    local expected = { lock_timeout = "30s", idle_in_transaction_session_timeout = "20s" }
    for name, value in pairs(expected) do
      assert.equal(value, (database:row("SELECT current_setting(?)", name)))
    end
  end)
end)
