-- One suite against each store that has what it tests.

local stores = require "spec.support.stores"

teardown(stores.stop)

local function id_of(i)
  return ("%08x-7557-4ab7-9782-d50480024a4e"):format(i)
end

-- Journal

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

local function ids(iterator)
  local list = {}
  for row in iterator do list[#list + 1] = tonumber(row.id:sub(1, 8), 16) end
  return list
end

local function keeps(kind)
    it("keeps what a batch is, and its items in their order", function()
    local store = stores.open "a"
    local batch = new_batch(store, 1234)
    local found = assert(store.journal:find(batch.name))
    for _, key in ipairs { "name", "who", "tenant", "application", "command", "comment",
                           "order" } do
      assert.equal(batch[key], found[key])
    end
    assert.truthy(batch.name:find "^%d%d%d%d%-%d%d%-%d%d%.1$")
    assert.equal(1234, found.count)
    assert.is_true(math.abs(found.created - store:wall()) < 5)
    local list = ids(found:items())
    assert.equal(1234, #list)
    for i, n in ipairs(list) do assert.equal(i, n) end
    assert.equal(1234, ids(new_batch(store, 1234, { order = "oldest" }):items())[1])
  end)

  it("takes an id once that is given again, and says how often", function()
    local batch, lock = draft_of(stores.open "a", 250)
    for i = 1, 7 do batch:add(id_of(i)) end
    assert.same({ 250, 7 }, { batch:complete() })
    batch:begin()
    lock:release()
    assert.equal(250, #ids(batch:items()))
  end)

  it("shows no draft, and drops one whose process has ended", function()
    local store = stores.open "a"
    local _, lock = draft_of(store, 5, { name = "mine" })
    assert.same({}, store.journal:batches())
    assert.is_nil((store.journal:find "mine"))
    if kind ~= "memory" then
      local _, err = stores.open "b".journal:draft { name = "mine", who = "x", application = "x",
                                                     comment = "x", order = "given" }
      assert.equal("invalid_argument", err.code)
    end
    lock:release()  -- as its end does
    assert.equal(3, #ids(new_batch(store, 3, { name = "mine" }):items()))
    local _, err = store.journal:draft { name = "mine", who = "x", application = "x",
                                         comment = "x", order = "given" }
    assert.truthy(err.message:find "mde batch show mine")
  end)

  it("makes one batch of a plan that is to be carried out once", function()
    local store = stores.open "a"
    local other = kind ~= "memory" and stores.open "b"
    local function draft(of, once)
      return of.journal:draft { who = "x", application = "x", comment = "x", order = "given",
                                plan = "abc", once = once }
    end
    local batch, lock = assert(draft(store, true))
    if other then
      local _, err = draft(other, true)  -- as another process that asked at the same time
      assert.equal("plan", err.code)
    end
    batch:complete()
    batch:begin()
    lock:release()
    local none, err = draft(other or store, true)
    assert.is_nil(none)
    assert.truthy(err.message:find("mde batch show " .. batch.name, 1, true))
    assert.truthy(draft(store, false))
  end)

  it("drops a draft that is given up", function()
    local store = stores.open "a"
    local batch, lock = draft_of(store, 300)
    batch:discard()
    lock:release()
    assert.equal(0, store.database:row "SELECT count(*) FROM items")
    assert.equal(0, store.database:row "SELECT count(*) FROM batches")
  end)

  it("tells of each item how it stands, and what is left to do in which order", function()
    local store = stores.open "a"
    local batch = new_batch(store, 6)
    local items, list = batch:items(), {}
    for i = 1, 6 do list[i] = items() end
    batch:sent(list[1])
    batch:ended(list[1], { verdict = "cancelled", status = "Cancelled", http = 200,
                           request_id = "r", machine = "m", machine_id = "mi", type = "Isolate",
                           requestor = "soar" })
    batch:sent(list[3])
    batch:sent(list[4])
    batch:ended(list[4], { verdict = "forbidden", http = 403, error = "forbidden",
                           message = "no" })
    batch:ended(list[5], { verdict = "unsent", error = "connection", message = "no" })
    store:commit()
    local rows = {}
    for row in batch:rows() do rows[#rows + 1] = row end
    assert.same({ "cancelled", "Cancelled", 200, "r", "m", "mi", "Isolate", "soar", 1 }, {
      rows[1].verdict, rows[1].status, rows[1].http, rows[1].request_id, rows[1].machine,
      rows[1].machine_id, rows[1].type, rows[1].requestor, #rows[1].sends })
    assert.same({ nil, true, "forbidden", "unsent" },
      { rows[3].verdict, rows[3].in_flight, rows[4].verdict, rows[5].verdict })
    assert.same({ 3, 4, 5, 2, 6 }, ids(batch:items()))
    local first = {}
    for item in batch:items() do
      first[tonumber(item.id:sub(1, 8), 16)] = item.read_first or false
    end
    assert.same({ [2] = false, [3] = true, [4] = false, [5] = false, [6] = false }, first)
    local counts, in_flight, left = batch:counts()
    assert.same({ { cancelled = 1, forbidden = 1, unsent = 1 }, 1, 2 }, { counts, in_flight, left })
    assert.equal(5, batch:open_count())
  end)

  it("keeps the last action that had no effect, apart from what was launched after it", function()
    local store = stores.open "a"
    local batch = new_batch(store, 1)
    local item = batch:items()()
    local function launch(verdict, id)
      batch:sent(item)
      if verdict then batch:ended(item, { verdict = verdict, launched = id }) end
      store:commit()
      local row = batch:rows()()
      return { row.verdict, row.launched, row.failed }
    end
    assert.same({ "undo_accepted", "one" }, launch("undo_accepted", "one"))
    assert.same({ "error", "one", "one" }, launch("error", "one"))
    assert.same({ nil, "one", "one" }, launch())
    assert.same({ "undo_accepted", "two", "one" }, launch("undo_accepted", "two"))
  end)

  it("knows what an application has undone, in whatever batch", function()
    local store = stores.open "a"
    local batch, lock = draft_of(store, 0)
    for i, decision in ipairs { "undo", "undo", "cancel" } do
      batch:add_change { id = id_of(i), change = decision, comment = "x", expected = "Succeeded" }
    end
    batch:complete()
    batch:begin()
    lock:release()
    for undoing, verdicts in pairs { [true] = { "undo_accepted", "error" },
                                     [false] = { "cancelled" } } do
      local at = 0
      for item in batch:items(undoing) do
        at = at + 1
        batch:ended(item, { verdict = verdicts[at] })
      end
    end
    store:commit()
    assert.same({ [id_of(1)] = true }, store.journal:undone "t/a")
    assert.same({}, store.journal:undone "t/other")
  end)

  it("knows what had begun when it was cancelled", function()
    local store = stores.open "a"
    local batch, lock = draft_of(store, 0)
    for i, status in ipairs { "InProgress", "Pending", "Pending", "Pending", "" } do
      batch:add(id_of(i), status)
    end
    batch:complete()
    batch:begin()
    lock:release()
    local items = batch:items()
    for i = 1, 5 do
      local item = items()
      if i == 3 then batch:ended(item, { verdict = "accepted", status = "InProgress" }) end
      batch:ended(item, { verdict = "cancelled", type = "Isolate",
                          message = i == 4 and "InProgress when its cancel arrived" or nil })
    end
    store:commit()
    assert.same({ [id_of(1)] = "InProgress", [id_of(2)] = "Pending", [id_of(3)] = "InProgress",
                  [id_of(4)] = "InProgress" }, store.journal:seen())
    assert.same({ InProgress = 3, Pending = 1, [""] = 1 }, batch:cancelled_isolations())
    local seen = {}
    for row in batch:rows() do seen[#seen + 1] = row.seen end
    assert.same({ "InProgress", "Pending", "InProgress", "InProgress", "" }, seen)
  end)

  it("keeps the change of an item and its arguments", function()
    local store = stores.open "a"
    local batch, lock = draft_of(store, 1)
    batch:add_change { id = id_of(2), change = "isolate", arguments = '{"type":"Full"}' }
    batch:complete()
    batch:begin()
    lock:release()
    store:commit()
    local rows = store.journal:find(batch.name):rows()
    local first, second = rows(), rows()
    assert.same({ "cancel", nil }, { first.change, first.arguments })
    assert.same({ "isolate", '{"type":"Full"}' }, { second.change, second.arguments })
  end)

  it("passes a request to stop to the process that carries a batch out", function()
    local store = stores.open "a"
    local batch = new_batch(store, 2)
    batch:note("begun", "dana@soc1")
    store:commit()
    assert.is_nil((batch:stop_asked()))
    store.journal:find(batch.name):ask_stop("erin@soc2", "wrong machines")
    assert.same({ "erin@soc2", "wrong machines" }, { batch:stop_asked() })
    batch:note("resumed", "dana@soc1")
    store:commit()
    assert.is_nil((batch:stop_asked()))
  end)

  it("keeps a request to stop that comes before a batch is resumed", function()
    local store = stores.open "a"
    local batch = new_batch(store, 2)
    batch:note("begun", "dana@soc1")
    store:commit()
    batch:ask_stop("erin@soc2", "before")
    batch:expect_stop()
    assert.is_nil((batch:stop_asked()))
    batch:ask_stop("erin@soc2", "wrong machines")
    batch:note("resumed", "dana@soc1")
    store:commit()
    assert.same({ "erin@soc2", "wrong machines" }, { batch:stop_asked() })
  end)

  it("has nothing left to do of a batch that was closed", function()
    local store = stores.open "a"
    local batch = new_batch(store, 2)
    batch:note("begun", "dana@soc1")
    store:commit()
    batch:close("erin@soc2", "done by hand")
    store:commit()
    local found = store.journal:find(batch.name)
    assert.equal("done by hand", found.closed)
    assert.equal(0, found:open_count())
    assert.same({}, ids(found:items()))
    local history = found:history()
    assert.same({ "closed", "erin@soc2", "done by hand" },
      { history[2].kind, history[2].who, history[2].detail })
  end)

  it("gives each queued event to one process, until that one has passed it on", function()
    local store = stores.open "a"
    store.journal:queue("emea", "first")
    store.journal:queue("emea", "second")
    store.journal:queue("apac", "third")
    store:commit()
    local number, event = store.journal:claim_notice "emea"
    assert.equal("first", event)
    assert.equal("second", (select(2, store.journal:claim_notice "emea")))
    assert.is_nil((store.journal:claim_notice "emea"))
    store.journal:drop_notice(number, "another")
    assert.equal(3, store.database:row "SELECT count(*) FROM notices")
    store.journal:drop_notice(number, event)
    assert.equal(2, store.database:row "SELECT count(*) FROM notices")
    if kind == "postgresql" then return end  -- its clock is real
    stores.clock.advance(61)
    assert.equal("second", (select(2, store.journal:claim_notice "emea")))
  end)

  it("takes back what was not committed", function()
    local store = stores.open "a"
    local batch = new_batch(store, 2)
    batch:sent(batch:items()())
    store:rollback()
    assert.same({ {}, 0, 2 }, { batch:counts() })
  end)

  it("keeps moments and numbers beyond 32 bits", function()
    local store = stores.open "a"
    store.database:begin()
    store.journal:note_audit_head("soc1", { n = 2 ^ 40, hash = "x" })
    store.journal:note_audit_head("soc1", { n = 3, hash = "older" })
    store:commit()
    assert.same({ n = 2 ^ 40, hash = "x" }, store.journal:audit_head "soc1")
    assert.is_nil(store.journal:audit_head "soc2")
    local batch = new_batch(store, 1)
    batch:note("begun", "dana@soc1", "x")
    local event = batch:history()[1]
    assert.same({ "begun", "dana@soc1", "x" }, { event.kind, event.who, event.detail })
    assert.is_true(math.abs(event.at - store:wall()) < 5 and event.at > 2 ^ 30)
  end)

  it("takes any text: a page of a proxy in Latin-1, an argument with a NUL", function()
    local store = stores.open "a"
    local batch = new_batch(store, 1, { command = "mde cancel caf\233" })
    local item = batch:items()()
    batch:ended(item, { verdict = "error", message = "<b>\0caf\233 \255\237\160\128</b>" })
    batch:note("stopped", "dana@soc1", "\192na\239ve\0")
    store:commit()
    local bad = "\239\191\189"  -- U+FFFD
    assert.equal("<b>caf" .. bad .. " " .. bad:rep(4) .. "</b>", batch:rows()().message)
    assert.equal(bad .. "na" .. bad .. "ve", batch:history()[1].detail)
    assert.equal("mde cancel caf" .. bad, store.journal:find(batch.name).command)
  end)

  if kind == "memory" then return end

  it("gives a batch one holder, until it lets go or ends", function()
    local a, b = stores.open "dana", stores.open "otto"
    local batch = new_batch(a, 1)
    local lock = assert(batch:hold())
    local same = assert(b.journal:find(batch.name))
    assert.same({ nil, "dana" }, { same:hold() })
    assert.equal("dana", same:holder())
    lock:release()
    assert.is_nil(same:holder())
    assert.is_truthy(same:hold())
    stores.close(b)
    local again
    for _ = 1, 10000 do  -- a server notices the end of a connection a little later
      again = batch:hold()
      if again then break end
    end
    assert.is_truthy(again)
  end)

  it("gives each of many processes the next free one", function()
    local a, b = stores.open "a", stores.open "b"
    for i = 1, 3 do new_batch(a, 1, { name = "b" .. i }) end
    local first, lock = a:take(a.journal:batches())
    local second, other = b:take(b.journal:batches())
    assert.same({ "b1", "b2" }, { first.name, second.name })
    other:release()
    assert.equal("b2", (a:take(a.journal:batches())).name)
    lock:release()
  end)

  it("refuses the schema of a newer mde", function()
    local store = stores.open "a"
    store.database:run("INSERT INTO versions (version) VALUES (?)", 99)
    local done, err = pcall(stores.open, "b")
    assert.is_false(done)
    assert.equal("store", err.code)
    assert.truthy(err.message:find("has schema 99", 1, true), err.message)
    assert.truthy(err.message:find "newer mde")
  end)

  it("brings an older one up to date", function()
    local schema = require "mde.store.sql.schema"
    local last = table.remove(schema.steps)
    local done, old = pcall(stores.open, "old")
    schema.steps[#schema.steps + 1] = last
    assert.is_true(done, old)
    assert.equal(#schema.steps - 1, old.database:row "SELECT max(version) FROM versions")
    old:windows("app"):news()
    old:windows("app"):take("cancel", 5000)
    old:commit()
    local new = stores.open "new"
    assert.equal(#schema.steps, new.database:row "SELECT max(version) FROM versions")
    assert.equal(1, #new:windows("app"):news())
    new:commit()
    assert.equal(2, #ids(new_batch(new, 2):items()))
  end)
end

for _, kind in ipairs { "memory", "sqlite", "postgresql" } do
  describe(("the store in %s"):format(kind), function()
    before_each(function() stores.prepare(kind) end)
    after_each(stores.clean)
    keeps(kind)
  end)
end
