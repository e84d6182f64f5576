-- A connection to PostgreSQL that is lost: opened again while a batch is carried out.

local stores = require "spec.support.stores"

local LIMIT = 5  -- seconds

teardown(stores.stop)

describe("a connection that is lost", function()
  local store, said

  -- Ends the sessions of a process, as a server that stops does.
  local function cut(holder)
    stores.psql(([[SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
      WHERE application_name = '%s']]):format(holder))
  end

  before_each(function()
    stores.prepare "postgresql"
    store, said = stores.open "a", {}
    store.database.world = { limit = LIMIT, say = function(text) said[#said + 1] = text end }
    store.database:run "CREATE TABLE it (n INTEGER)"
  end)

  after_each(stores.clean)

  local function insert() store.database:run("INSERT INTO it VALUES (?)", 1) end

  local function count() return (store.database:row "SELECT count(*) FROM it") end

  local function failure(f, ...)
    local done, err = pcall(f, ...)
    assert.is_false(done)
    assert.equal("store", err.code, tostring(err))
    return err.message
  end

  local function new_batch()
    local batch, lock = assert(store.journal:draft { who = "x", application = "x", comment = "x",
                                                     order = "given" })
    batch:add "3fa85f64-5717-4562-b3fc-2c963f66afa6"
    batch:complete()
    batch:begin()
    store.database:atomically(batch.note, batch, "begun", "x")
    return batch, lock
  end

  it("is opened again for a read, with a notice and the session's settings", function()
    cut "a"
    assert.equal(0, count())
    assert.truthy(said[1]:find "^The store postgresql:///mde does not answer: trying", said[1])
    assert.equal("The store is back.", said[2])
    assert.equal("30s", (store.database:row "SELECT current_setting('lock_timeout')"))
    assert.equal("a", (store.database:row "SELECT current_setting('application_name')"))
  end)

  it("is not opened again unless a batch is carried out", function()
    store.database.world.limit = nil
    cut "a"
    failure(count)
    failure(count)
    failure(store.database.atomically, store.database, insert)
    failure(insert)
    assert.same({}, said)
  end)

  it("lets a transaction be repeated whose COMMIT was not sent, with its writes once", function()
    local tries = 0
    store.database:atomically(function()
      tries = tries + 1
      insert()
      if tries == 1 then cut "a" end
      insert()
    end)
    assert.same({ 2, 2 }, { tries, count() })
  end)

  it("lets work be repeated three times at most", function()
    local tries = 0
    failure(store.database.atomically, store.database, function()
      tries = tries + 1
      cut "a"
      insert()
    end)
    assert.same({ 4, 6 }, { tries, #said })
  end)

  it("lets no COMMIT be repeated whose end is not known", function()
    local certain
    store.database.check = function() cut "a" end
    store.after_rollback = function(is_certain) certain = is_certain end
    store.database:begin()
    insert()
    local message = failure(store.commit, store)
    store:rollback()
    assert.is_false(certain)
    assert.is_false((store:recover(message)))
    failure(count)
    assert.same({}, said)
  end)

  it("is known to have committed nothing if COMMIT was not sent", function()
    local certain
    store.after_rollback = function(is_certain) certain = is_certain end
    store.database:begin()
    cut "a"
    failure(insert)
    store:rollback()
    assert.is_true(certain)
  end)

  it("is given up after the limit, and the store stays unusable", function()
    local now = 1000
    store.database.clock = { monotonic = function() return now end,
                             sleep = function(seconds) now = now + seconds end }
    store.database.arguments[2] = "postgresql:///mde?host=/nowhere"
    cut "a"
    local message = failure(count)
    assert.truthy(message:find "^the store postgresql:///mde: no answer for [56] s: no ", message)
    store.database.world.limit = nil
    failure(count)
    assert.same({ "The store postgresql:///mde does not answer: trying again, for at most 5s." },
      said)
  end)

  it("is given up after a request to end", function()
    store.database.arguments[2] = "postgresql:///mde?host=/nowhere"
    store.database.world.stopped = function() return true end
    cut "a"
    assert.truthy(failure(count):find "no answer for [12] s")
  end)

  it("holds its batches again", function()
    local batch, lock = new_batch()
    cut "a"
    assert.equal(0, count())
    local other = stores.open "b"
    assert.same({ nil, "a" }, { other:hold(batch) })
    lock:release()
    assert.is_table((other:hold(batch)))
  end)

  it("waits until the server misses the old session", function()
    local batch = new_batch()
    local old = stores.open "a"  -- has the same name
    store.database.world.say = function(text)
      said[#said + 1] = text
      if #said == 1 then assert(old:hold(batch)) end
    end
    local tries = 0
    store.database.clock = { monotonic = stores.clock.monotonic, sleep = function()
      tries = tries + 1
      if tries == 3 then old.database:close() end
    end }
    stores.psql(("SELECT pg_terminate_backend(%d, 5000)"):format(
      (store.database:row "SELECT pg_backend_pid()")))
    assert.equal(0, count())
    assert.same({ 3, 2 }, { tries, #said })
  end)

  it("is used for verdicts if another process has closed the batch", function()
    local batch, other = new_batch(), stores.open "b"
    store.database.world.say = function(text)
      if not text:find "does not answer" then return end
      local found = assert(other.journal:find(batch.name))
      local lock = assert(found:hold())
      other.database:atomically(found.close, found, "b", "done by hand")
      lock:release()
    end
    cut "a"
    assert.equal(0, count())
    assert.equal("done by hand", batch.closed)
    assert.same({ "b", "done by hand" }, { batch:stop_asked() })
    insert()
    stores.close(other)
  end)

  it("stays unusable if another process holds the batch now, or has resumed it", function()
    for _, is_held in ipairs { true, false } do
      local batch, other = new_batch(), stores.open "b"
      store.database.world.say = function()
        local found = assert(other.journal:find(batch.name))
        local lock = assert(found:hold())
        other.database:atomically(found.note, found, "resumed", "b")
        if not is_held then lock:release() end
      end
      cut "a"
      local message = failure(count)
      assert.truthy(message:find(is_held and "b now runs batch %S+"
                                 or "another process continued batch"), message)
      assert.equal(message, failure(count))
      failure(insert)
      stores.close(other)
      stores.close(store)
      store = stores.open "a"
      store.database.world = { limit = LIMIT }
    end
  end)
end)
