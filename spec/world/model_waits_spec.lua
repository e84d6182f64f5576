-- Tests the judge of waits, of output, of requests in flight, of plans' batches and of exit statuses.

local World = require "spec.world.model.example"
local new, good = World.new, World.good
local has, is_fine = World.has, World.is_fine
local APP, T0, A, B, MACHINE = World.APP, World.T0, World.A, World.B, World.MACHINE

-- Cancels of so many actions by one process, sent by `act(world, i, id)`.
local function batch_of(number, act, options)
  local world, ids = new(), {}
  for i = 1, number do
    ids[i] = ("%036d"):format(i)
    world:action(ids[i])
  end
  local argv = { "cancel", "-", "-m", "misfire", "--yes", table.unpack(options or {}) }
  world:process("p1", argv, { intent = { what = "cancel", ids = ids, comment = "misfire" },
                              status = 1 })
  world:at(1):batch("p1", ids)
  for i, id in ipairs(ids) do act(world, i, id) end
  return world
end

describe("a failed read", function()
  -- Reads an action after these pauses; each fails.
  local function reads(pauses, retry_after)
    local world, now = good(), 10
    for _, pause in ipairs(pauses) do
      now = now + pause
      world:at(now):request("p1", { method = "GET", operation = "get", bucket = "get", target = A,
        status = 503 })
      world.o.events[#world.o.events].retry_after = retry_after
    end
    return world
  end

  it("is repeated after a pause", function()
    is_fine(reads { 0, 0.6, 1.2, 3 })
    has("retry", reads { 0, 0.1, 0.1 })
  end)
  it("is repeated after Retry-After", function()
    is_fine(reads({ 0, 20, 20 }, 20))
    has("retry", reads({ 0, 5 }, 20))
    local world = reads({ 0 }, 20)
    world:at(11):cancel("p1", A, { status = 400 }):at(12):get("p1", A)
    assert.is_nil(table.concat(World.rules(world), " "):match "retry")
  end)
  it("may be repeated by two readers with --wait", function()
    local world = reads { 0, 0.2, 0.2, 0.2 }
    table.insert(world.o.processes.p1.argv, "--wait")
    is_fine(world)
    world = reads { 0, 0.1, 0.1, 0.1 }
    table.insert(world.o.processes.p1.argv, "--wait")
    has("retry", world)
  end)
end)

describe("a process after Ctrl-C", function()
  it("waits for nothing but requests in flight", function()
    local function reads_after(pause)
      local world = good():at(4)
      world:event("signal", { process = "p1", signal = "INT" })
      world:at(4 + pause):get("p1", A)
      world.o.processes.p1.ended = T0 + 5 + pause
      return world
    end
    is_fine(reads_after(10))
    has("interrupted", reads_after(30))
  end)
end)

describe("output", function()
  local function printed(text)
    local world = good()
    world:event("output", { process = "p1", stream = "stdout", text = text })
    return world
  end

  it("has the verdicts of the journal", function()
    is_fine(printed("cancelled         " .. A .. " pc-1\nPending " .. B .. "\n"))
    has("output", printed("already_final     " .. A .. " pc-1\n"))
    has("output", printed("cancelled         " .. B .. "\n"))
  end)
  it("may have others if Ctrl-C ended the wait for the store", function()
    local world = good()
    world.o.processes.p1.ended = world.now + 1
    world:event("fault", { what = "busy", store = "soc1", ["until"] = world.now + 9 })
    world:event("output", { process = "p1", stream = "stdout", text = "cancelled  " .. B .. "\n" })
    has("output", world)
    table.insert(world.o.events, #world.o.events,
      { kind = "signal", at = world.now, process = "p1", signal = "INT" })
    is_fine(world)
  end)
end)

describe("a failing service", function()
  local function failing(ended, options)
    local world = batch_of(6, function(world, i, id)
      if i == 6 then return end
      world:at(1 + i):row("p1", i, "sent"):cancel("p1", id, { status = 503 })
    end, options)
    table.insert(world.o.events,
      { kind = "fault", what = "outage", at = T0, ["until"] = T0 + 4000 })
    world.o.processes.p1.ended = T0 + ended
    return world
  end

  it("is given up", function()
    is_fine(failing(1800))
    has("give up", failing(2000))
    has("give up", failing(1800, { "--give-up", "10m" }))
  end)
  it("may leave the last read without an answer", function()
    local world = failing(745, { "--give-up", "10m" })
    has("give up", world)
    local n = world:at(684):request("p1", { method = "GET", operation = "list" }, "none")
    world:at(744):event("answer", { request = n, process = "p1", outcome = "timeout" })
    is_fine(world)
  end)
  it("may be forgotten for an answer that came before, while the store was locked", function()
    local function answered(is_locked, is_frozen)
      local world = batch_of(7, function(world, i, id)
        if i == 1 then for n = 1, 6 do world:at(2):row("p1", n, "sent") end end
        if i < 7 then
          world:at(2 + i / 100):cancel("p1", id, { status = i > 1 and 503 or 400 })
        else
          world:at(20):row("p1", i, "sent"):cancel("p1", id)
        end
      end)
      table.insert(world.o.events, { kind = "fault", what = "busy", at = T0 + 1, store = "soc1",
                                     ["until"] = T0 + (is_locked and 5 or 1) })
      if is_frozen then
        world:at(1):event("frozen", { process = "p1" })
        world:at(5):event("thawed", { process = "p1" })
      end
      return table.concat(World.rules(world), " ")
    end
    assert.is_nil(answered(true):match "breaker")
    assert.is_nil(answered(false, true):match "breaker")
    assert.matches("breaker", answered(false))
  end)
  it("is unknown to others if a process could not commit", function()
    local function resumed(commits)
      local world = batch_of(6, function(world, i, id)
        if i == 1 then for n = 1, 5 do world:at(2):row("p1", n, "sent") end end
        if i < 6 then return world:at(2):cancel("p1", id, { status = 503 }) end
        if commits then world:at(3):row("p1", 1, "ended", { verdict = "unknown" }) end
        world:at(9):process("p2", { "resume", "b1" }):row("p2", 0, "resumed")
        world:request("p2", { method = "POST", operation = "sign_in" })
        world:at(20):row("p2", 6, "sent"):cancel("p2", id)
      end)
      return table.concat(World.rules(world), " ")
    end
    assert.is_nil(resumed(false):match "breaker")
    assert.matches("breaker", resumed(true))
  end)
end)

describe("a locked store", function()
  local function locked(seconds)
    local world = good()
    world.o.processes.p2 = { name = "p2", host = "soc1", store = "soc1", argv = { "list" },
      status = 4, began = T0, ended = T0 + 90,
      err = ("mde: the store mde.db: locked by another process for %d s"):format(seconds) }
    return world
  end

  it("is waited for", function()
    is_fine(locked(60))
    has("store", locked(3))
  end)

  -- p2 gives up 90 s after its start, and another process is frozen from then to then.
  local function held(from, to)
    local world = locked(60)
    world.o.processes.p3 = { name = "p3", host = "soc1", store = "soc1", argv = { "list" },
      began = T0, ended = T0 + 200, status = 0 }
    world:at(5):request("p2", { operation = "sign_in", method = "POST", status = 200 })
    world:at(from):event("frozen", { process = "p3" })
    world:at(to):event("thawed", { process = "p3" })
    return world
  end

  it("is a failure while a frozen process may have the lock", function()
    is_fine(held(20, 100))
    has("status", held(20, 80))
    has("status", held(40, 100))
  end)
end)

describe("requests in flight", function()
  local function flying(number, options)
    return batch_of(number, function(world, i, id)
      world:at(i < 11 and 2 or 5):row("p1", i, "sent")
      local _, n = world:cancel("p1", id, { sent = world.now }, "none")
      world:event("answer", { request = n, process = "p1", outcome = "delivered", status = 200,
                              at = T0 + (i < 11 and 3 or 9) })
      world:row("p1", i, "ended", { verdict = "cancelled" }):line { id = id, verdict = "cancelled" }
    end, options)
  end

  it("are as many as --parallel allows", function()
    is_fine(flying(20))
    has("parallel", flying(21))
    is_fine(flying(21, { "--parallel", "11" }))
  end)
end)

describe("a plan", function()
  local function applied(begins, expires, argv, before)
    local world = new():action(A):process("p1", argv or { "apply", "plan" },
      { intent = { what = "apply", path = "plan" } })
    world:event("typed", { process = "p1", text = "y" })
    if before then before(world) end
    world:at(begins):batch("p1", { { id = A, decision = "cancel" } },
      { plan = "abc", expires = T0 + expires })
    world:row("p1", 1, "sent"):cancel("p1", A):row("p1", 1, "ended", { verdict = "cancelled" })
    return world:row("p1", 0, "ended"):line { id = A, verdict = "cancelled" }
  end

  it("begins before its end", function()
    is_fine(applied(10, 100))
    has("plan", applied(110, 100))
  end)
  it("may begin later if the service told its time in a late answer", function()
    is_fine(applied(110, 100, nil, function(world)
      local n = world:at(98):request("p1", { method = "GET", operation = "list" }, "none")
      world:at(109):event("answer", { request = n, process = "p1", outcome = "delivered",
                                      status = 200 })
    end))
  end)
  it("has one batch", function()
    local world = applied(10, 100)
    world.o.stores.soc1.batches[2] = { number = 2, name = "b2", plan = "abc", size = 0 }
    has("plan", world)
  end)
end)

describe("an id", function()
  it("is once in a batch", function()
    local world = good()
    world.o.stores.soc1.batches[1].size = 2
    world.o.stores.soc1.items[2] = { batch = 1, position = 2, id = A, expected = "Pending" }
    has("twice", world)
  end)
end)

describe("an undo", function()
  local function released(status, cancel)
    local world = new():action(A, status):action(B, "Pending", { type = "RunAntiVirusScan" })
    world:process("p1", { "apply", "plan" }, { intent = { what = "apply", path = "plan" } })
    world:event("typed", { process = "p1", text = "y" })
    world:at(1):batch("p1", { { id = A, machine = MACHINE, decision = "undo" },
                              { id = B, machine = MACHINE, decision = "cancel" } })
    if cancel then cancel(world) end
    local id = ("0"):rep(35) .. "7"
    world:at(9):row("p1", 1, "sent")
    world:request("p1", { method = "POST", operation = "launch:unisolate", target = MACHINE,
      body = { Comment = "misfire" }, effect = "launched", action = id, status = 201 })
    world:action(id, "Pending", { type = "Unisolate", requestor = APP, created = world.now })
    world:row("p1", 1, "ended", { verdict = "undo_accepted" }):row("p1", 0, "stopped")
    return world:line { id = A, what = "undo", verdict = "undo_accepted" }
  end

  it("launches nothing for an action that never began", function()
    is_fine(released "Succeeded")
    has("needless", released "Cancelled")
  end)
  it("releases a machine after its cancels", function()
    has("crossing", released("Succeeded", function(world)
      world:at(8):row("p1", 2, "sent"):cancel("p1", B, { effect = "none" }, "none")
    end))
  end)
end)

describe("an exit status", function()
  local function ended(status, fields)
    local world = good()
    world.o.processes.p2 = { name = "p2", host = "soc1", store = "soc1", argv = { "list" },
      status = status, began = T0, ended = T0 + 9 }
    for key, value in pairs(fields or {}) do world.o.processes.p2[key] = value end
    return world
  end

  it("of 5 needs a refusal", function()
    local world = ended(5)
    has("status", world)
    world:request("p2", { method = "POST", operation = "sign_in", status = 403 })
    is_fine(world)
  end)
  it("of 4 needs a fault", function()
    local world = ended(4)
    is_fine(world)
    world.o.is_faulty = false
    has("status", world)
  end)
  it("of 1 means that an audit log was altered", function()
    has("audit verify", ended(1, { argv = { "audit", "verify" } }))
  end)
end)
