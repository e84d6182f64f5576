-- The store in SQLite.

local core = require "mde.core"
local stores = require "spec.support.stores"

teardown(stores.stop)

local function id_of(i)
  return ("%08x-7557-4ab7-9782-d50480024a4e"):format(i)
end

local DRAFT = { who = "dana@soc1", tenant = "t", application = "t/a", command = "mde cancel -",
                comment = "Misfire", order = "given" }

local function draft_of(store, count, fields)
  local all = {}
  for key, value in pairs(DRAFT) do all[key] = value end
  for key, value in pairs(fields or {}) do all[key] = value end
  local batch, lock = assert(store.journal:draft(all))
  for i = 1, count do batch:add(id_of(i)) end
  return batch, lock
end

local function new_batch(store, count, fields)
  local batch, lock = draft_of(store, count, fields)
  batch:complete()
  batch:begin()
  lock:release()
  return batch
end

describe("the SQLite store", function()
  before_each(function() stores.prepare "sqlite" end)
  after_each(stores.clean)

  it("is its user's alone, and on the disk before a commit is answered", function()
    local store, file = stores.open "a", require "mde.file"
    new_batch(store, 1)
    store.tokens:put("me", core.secret "Bearer x", stores.clock.wall() + 100)
    for _, name in ipairs { "mde.db", "mde.db-wal", "mde.db-shm", "tokens.db" } do
      assert.equal(384, file.mode(stores.folder .. "/" .. name), name)  -- 0600
    end
    assert.equal(448, file.mode(stores.folder))  -- 0700
    assert.same({ "wal", 2 }, { store.database:once "PRAGMA journal_mode",
                                store.database:once "PRAGMA synchronous" })
  end)

  it("has a time that does not step with the wall clock, nor back after a boot", function()
    local store = stores.open "a"
    local start = store:now()
    stores.clock.set(stores.clock.wall() + 7200)
    assert.equal(start, store:now())
    assert.equal(start, stores.open "b":now())
    store:windows("app"):news()
    store:windows("app"):take("cancel", stores.clock.monotonic() + 30)
    store:commit()
    stores.clock.set(stores.clock.wall() - 86400)
    stores.clock.boot = function() return "another" end
    assert.is_true(stores.open "c":now() >= start)
  end)

  it("knows how long ago it was within a boot, whatever the wall clock says", function()
    local store = stores.open "a"
    local batch = new_batch(store, 1)
    store:windows("app"):news()
    store:windows("app"):take("cancel", stores.clock.monotonic())
    batch:sent(batch:items()())
    store:commit()
    stores.clock.advance(7)
    stores.clock.set(stores.clock.wall() - 300)
    local item = stores.open "b".journal:find(batch.name):items()()
    assert.equal(7, item.sent_ago)
    stores.clock.boot = function() return "another" end
    item = stores.open "c".journal:find(batch.name):items()()
    assert.is_nil(item.sent_ago)
  end)

  it("drops old notes of its windows", function()
    local store = stores.open "a"
    local windows = store:windows "app"
    windows:news()
    for _ = 1, 5 do windows:take("cancel", stores.clock.monotonic()) end
    store:commit()
    stores.clock.advance(8000)
    windows = stores.open "b":windows "app"
    assert.same({}, windows:news())
    windows.store:commit()
    assert.equal(1, store.database:row "SELECT count(*) FROM slots")  -- the last keeps the number
    windows:news()
    windows:take("cancel", stores.clock.monotonic())
    windows.store:commit()
    assert.equal(1, #store:windows("app"):news())  -- no other process needs it
    store:commit()
  end)
end)
