-- Tests the judge of batches: agreement, guards, ends, releases, canary, breaker, finish and pace.

local World = require "spec.world.model.example"
local new, good = World.new, World.good
local has, is_fine = World.has, World.is_fine
local APP, T0, A, B, MACHINE = World.APP, World.T0, World.A, World.B, World.MACHINE

-- A cancel whose first POST ended so, and that is sent again, perhaps after a read.
local function repeated(fields, outcome, is_read)
  local world = new():action(A):process("p1", { "cancel", A, "-m", "misfire" })
  world:at(1):batch("p1", { A }):row("p1", 1, "sent")
  world:at(2):cancel("p1", A, fields, outcome)
  if is_read then world:at(3):get("p1", A) end
  world:at(4):row("p1", 1, "sent"):cancel("p1", A)
  world:at(5):row("p1", 1, "ended", { verdict = "cancelled", status = "Cancelled" })
  return world:row("p1", 0, "ended"):line { id = A, verdict = "cancelled" }
end

describe("agreement", function()
  -- Two actions, cancelled by a command with these arguments and answers.
  local function command(argv, answers, intent)
    local world = new():action(A):action(B):process("p1", argv,
      { intent = intent or { what = "cancel", ids = { A, B }, comment = "misfire" } })
    for _, answer in ipairs(answers or {}) do
      world:event("typed", { process = "p1", text = answer })
    end
    world:at(1):batch("p1", { A, B })
    for i, id in ipairs { A, B } do
      world:row("p1", i, "sent"):cancel("p1", id):row("p1", i, "ended", { verdict = "cancelled" })
      world:line { id = id, verdict = "cancelled" }
    end
    return world:row("p1", 0, "ended")
  end

  it("is an option or an answer", function()
    is_fine(command { "cancel", A, B, "-m", "misfire", "--yes" })
    is_fine(command({ "cancel", A, B, "-m", "misfire" }, { "y" }))
    is_fine(command({ "cancel", A, B, "-m", "misfire" }, { "2" }))
  end)
  it("is missing without both", function()
    has("agreement", command { "cancel", A, B, "-m", "misfire" })
    has("agreement", command({ "cancel", A, B, "-m", "misfire" }, { "n" }))
    has("agreement", command({ "cancel", A, B, "-m", "misfire" }, { "" }))
    has("agreement", command({ "cancel", A, B, "-m", "misfire" }, { "y", "no" }))
  end)
  it("holds for the items that were meant", function()
    local argv = { "cancel", A, "-m", "misfire", "--yes" }
    has("agreement", command(argv, {}, { what = "cancel", ids = { A } }))
    has("agreement", command(argv, {}, { what = "cancel", filter = { type = "LiveResponse" } }))
    is_fine(command(argv, {}, { what = "cancel", filter = { type = "Isolate" } }))
  end)
  it("holds for the items of the plan", function()
    local function applied(text)
      local world = command({ "apply", "plan", "--approve", "abc" }, {},
        { what = "apply", path = "plan" })
      world.o.events[3] = { kind = "plan", at = T0, process = "p0", path = "plan", text = text }
      return world
    end
    is_fine(applied(A .. B .. "abcdef"))
    has("agreement", applied(A .. "abcdef"))
    has("agreement", applied(A .. B .. "def"))
  end)
  it("holds for the comment", function()
    local world = command { "cancel", A, B, "-m", "misfire", "--yes" }
    world.o.stores.soc1.batches[1].comment = "another"
    has("agreement", world)
  end)
end)

describe("guard", function()
  -- A cancel under these guards, with further arguments, of which a row says that it overrides.
  local function guarded(guards, argv, override)
    local world = new():action(A)
    world:process("p1", { "cancel", A, "-m", "misfire", table.unpack(argv or {}) })
    world.o.profile.guards = guards
    world.o.machines[MACHINE] = { id = MACHINE, machineTags = { "crown-jewel" } }
    world:batch("p1", { A })
    if override then world:row("p1", 0, "overridden", { message = override }) end
    world:row("p1", 1, "sent"):cancel("p1", A):row("p1", 1, "ended", { verdict = "cancelled" })
    return world:line { id = A, verdict = "cancelled" }
  end

  it("lets pass what it does not limit", function()
    is_fine(guarded { max = 1 })
    is_fine(guarded { protect_tags = { "VIP" } })
  end)
  it("forbids what it limits", function()
    has("guard", guarded { max = 0 })
    has("guard", guarded { protect_tags = { "crown-jewel" } })
    has("guard", guarded({}, { "--max", "0" }))
  end)
  it("needs a row and an option to be overridden", function()
    local guards = { protect_tags = { "crown-jewel" } }
    has("guard", guarded(guards, { "--yes", "--override", "protect_tags" }))
    has("guard", guarded(guards, {}, "protect_tags"))
    is_fine(guarded(guards, { "--yes", "--override", "protect_tags" }, "protect_tags"))
  end)
  it("does not protect what a resume only reads, although a later one changes it", function()
    local world = guarded()
    world:action(B, "Pending", { machineId = ("b"):rep(40) }):at(50):event("guards",
      { guards = { protect_tags = { "crown-jewel" } } })
    world.o.stores.soc1.events[3].verdict = "accepted"
    world.o.stores.soc1.items[2] = { batch = 1, position = 2, id = B, expected = "Pending" }
    world:at(100):process("p2", { "resume", "b1" }):row("p2", 0, "resumed"):row("p2", 2, "sent")
    world:cancel("p2", B):at(200)
    world:process("p3", { "resume", "b1", "--yes", "--override", "protect_tags" })
    world:row("p3", 0, "resumed"):row("p3", 0, "overridden", { message = "protect_tags" })
    world:row("p3", 1, "sent"):cancel("p3", A)
    assert.is_nil(table.concat(World.rules(world), " "):match "guard")
  end)
end)

describe("an end", function()
  -- A batch in which a row of this kind comes before its only POST.
  local function stopped(kind, process, delay)
    local world = new():action(A):process("p1", { "cancel", A, "-m", "misfire" })
    world:process("p2", { "batch", "stop", "b1" }, { intent = { what = "stop" } })
    world:at(1):batch("p1", { A }):row(process, 0, kind):row("p1", 1, "sent")
    world:at(1 + delay):cancel("p1", A)
    world:row("p1", 1, "ended", { verdict = "cancelled" }):line { id = A, verdict = "cancelled" }
    return world
  end

  it("closed sends nothing more", function() has("closed", stopped("closed", "p2", 1)) end)
  it("a request to stop is obeyed in five seconds", function()
    is_fine(stopped("stop asked", "p2", 4))
    has("stopped", stopped("stop asked", "p2", 7))
  end)
  it("the time in which a process is frozen does not count", function()
    local world = stopped("stop asked", "p2", 7)
    table.insert(world.o.events, 1, { kind = "thawed", at = T0 + 7, process = "p1" })
    table.insert(world.o.events, 1, { kind = "frozen", at = T0 + 2, process = "p1" })
    for _, event in ipairs(world.o.events) do
      if event.request then event.request = event.request + 2 end
    end
    is_fine(world)
  end)
  it("stopped sends nothing more", function() has("stopped", stopped("stopped", "p1", 1)) end)
  it("another process that runs the batch ends it", function()
    has("runner", stopped("resumed", "p2", 3))
    is_fine(stopped("resumed", "p1", 3))
  end)
  it("another process that runs the batch writes its rows", function()
    local world = good()
    world:process("p2", { "resume", "b1" }):row("p2", 0, "resumed")
    world:row("p1", 1, "ended", { verdict = "cancelled" })
    has("runner", world)
  end)
  it("Ctrl-C ends it", function()
    local world = stopped("resumed", "p1", 9)
    for i, event in ipairs(world.o.events) do
      if event.kind == "start" and event.process == "p2" then
        world.o.events[i] = { kind = "signal", signal = "INT", process = "p1", at = T0 + 1 }
      end
    end
    has("interrupted", world)
  end)
end)

describe("release", function()
  local OTHER = ("0"):rep(35) .. "9"
  local function released(fields, between)
    local world = new():action(A, "Succeeded"):action(OTHER, "Succeeded", fields)
    world:process("p1", { "apply", "plan" }, { intent = { what = "apply", path = "plan" } })
    world:event("typed", { process = "p1", text = "y" })
    world:at(1):batch("p1", { { id = A, machine = MACHINE, decision = "undo" } })
    if between then between(world) end
    world:row("p1", 1, "sent")
    world:request("p1", { method = "POST", operation = "launch:unisolate", target = MACHINE,
      body = { Comment = "misfire" }, effect = "launched", action = B, status = 201 })
    world:action(B, "Pending", { type = "Unisolate", requestor = APP, created = world.now })
    world:row("p1", 1, "ended", { verdict = "undo_accepted" }):row("p1", 0, "stopped")
    return world:line { id = A, what = "undo", verdict = "undo_accepted" }
  end

  it("rejects one of a machine that another person isolated later", function()
    has("release", released { requestor = "dana", created = T0 - 500 })
  end)
  it("allows one if the other isolation failed, or cannot be seen", function()
    is_fine(released { requestor = "dana", created = T0 - 500, status = "Failed" })
    is_fine(released { created = T0 - 500 })
    is_fine(released { requestor = "dana", created = T0 - 5 })
  end)
  it("rejects one that was seen", function()
    has("release", released({ requestor = "dana", created = T0 - 5 }, function(world)
      world:request("p1", { method = "GET", operation = "list", bucket = "list",
        answer = { value = { { id = OTHER } } } })
    end))
  end)
end)

-- A batch of so many actions; `act(world, i, id)` sends and ends each of them.
local function batch_of(number, act, fields)
  local world, ids = new(), {}
  for i = 1, number do
    ids[i] = ("%036d"):format(i)
    world:action(ids[i])
  end
  world:process("p1", { "cancel", "-", "-m", "misfire", "--yes" },
    { intent = { what = "cancel", ids = ids, comment = "misfire" }, status = 1 })
  for key, value in pairs(fields or {}) do world.o.processes.p1[key] = value end
  world:at(1):batch("p1", ids)
  for i, id in ipairs(ids) do act(world, i, id) end
  return world
end

local function one(world, i, id, verdict)
  world:row("p1", i, "sent"):cancel("p1", id, verdict == "refused" and { status = 400 } or nil)
  world:row("p1", i, "ended", { verdict = verdict or "cancelled" })
  world:line { id = id, verdict = verdict or "cancelled" }
end

describe("canary", function()
  it("allows what goes well", function()
    is_fine(batch_of(60, function(world, i, id) one(world, i, id) end))
  end)
  it("allows one that ends badly", function()
    is_fine(batch_of(60, function(world, i, id) one(world, i, id, i == 3 and "refused" or nil) end))
  end)
  it("rejects more after two that end badly", function()
    local function act(world, i, id) one(world, i, id, i < 3 and "refused" or nil) end
    has("canary", batch_of(60, act))
    is_fine(batch_of(50, act))
    is_fine(batch_of(60, act, { argv = { "cancel", "-", "--yes", "--canary", "off" } }))
  end)
  it("rejects more before the first ten have ended or were accepted", function()
    has("canary", batch_of(60, function(world, i, id)
      if i <= 12 then world:row("p1", i, "sent"):cancel("p1", id, nil, "lost") end
    end))
  end)
end)

describe("breaker", function()
  -- Cancels that fail, each so many seconds after the one before.
  local function failing(number, pause)
    return batch_of(number, function(world, i, id)
      world:at(i < 6 and i or 6 + pause(i - 5))
      if i > 5 then world:get("p1", id) end
      world:row("p1", i, "sent"):cancel("p1", id, { status = 503 })
      world:row("p1", i, "ended", { verdict = "error" }):line { id = id, verdict = "error" }
    end)
  end

  it("allows pauses that grow", function()
    is_fine(failing(9, function(i) return 2 ^ i end))
  end)
  it("counts no request that was sent as it opened", function()
    is_fine(batch_of(8, function(world, i, id)
      world:at(i < 6 and i or i < 8 and 5 + i / 100 or 6.5)
      if i > 7 then world:get("p1", id) end
      world:row("p1", i, "sent"):cancel("p1", id, { status = 503 })
      world:row("p1", i, "ended", { verdict = "error" }):line { id = id, verdict = "error" }
    end))
  end)
  it("rejects pauses that do not grow", function()
    has("breaker", failing(12, function(i) return i end))
  end)
  it("rejects one without a read", function()
    has("breaker", batch_of(6, function(world, i, id)
      world:at(i < 6 and i or 20):row("p1", i, "sent"):cancel("p1", id, { status = 503 })
      world:row("p1", i, "ended", { verdict = "error" }):line { id = id, verdict = "error" }
    end))
  end)
  it("rejects two at once", function()
    has("breaker", batch_of(7, function(world, i, id)
      world:at(i < 6 and i or 20)
      world:row("p1", i, "sent")
      local event = { method = "POST", operation = "cancel", target = id, status = 503,
        sent = world.now }
      world:request("p1", event, i > 5 and "none" or nil)
      if i == 7 then
        for n, each in ipairs(world.o.events) do
          if each.kind == "request" and each.sent == world.now then
            world:event("answer",
              { at = T0 + 21, request = n, process = "p1", outcome = "timeout" })
          end
        end
      end
    end))
  end)
  it("allows ten in flight before ten were answered", function()
    local function act(world, i, id) world:row("p1", i, "sent"):cancel("p1", id, {}, "none") end
    is_fine(batch_of(10, act))
    has("breaker", batch_of(11, act))
  end)
end)

describe("finish", function()
  local function resumed(verdict, fields)
    local world = new():action(A, "Pending", fields):process("p1", { "cancel", A, "-m", "misfire" })
    world.o.faults_ended = T0 + 20
    world:at(1):batch("p1", { A }):row("p1", 1, "sent"):cancel("p1", A, { effect = "accepted" })
    world:at(30):process("p2", { "resume", "b1" }, { status = 1 }):row("p2", 0, "resumed")
    if verdict then world:row("p2", 1, "ended", { verdict = verdict }) end
    return verdict and world:line { id = A, verdict = verdict } or world
  end

  it("rejects an item that is open at the end", function()
    has("open", resumed())
    has("open", resumed "unknown")
    has("open", resumed "accepted")
  end)
  it("allows one whose device is silent", function()
    is_fine(resumed("accepted", { silent = true }))
  end)
  it("rejects a batch that lacks items", function()
    local world = good()
    world.o.stores.soc1.batches[1].size = 2
    has("lost", world)
    world = good()
    table.insert(world.o.processes.p1.intent.ids, B)
    world.o.processes.p1.input = B .. "\n"
    has("lost", world)
  end)
  it("rejects status 0 if an item failed", function()
    local world = batch_of(1, function(w, i, id) one(w, i, id, "refused") end)
    is_fine(world:row("p1", 0, "ended"))
    world.o.processes.p1.status = 0
    has("exit", world)
  end)
  it("rejects a process that never ends, and an unknown status", function()
    local world = good()
    world.o.processes.p1.ended, world.o.processes.p1.status = nil, nil
    has("hang", world)
    world.o.limits.list, world.o.ended = { minute = 3, hour = 6 }, world.now + 3000
    is_fine(world)  -- it waits for the quota
    world.o.limits.list = nil
    world.o.processes.p1.crashed = true
    is_fine(world)
    world = good()
    world.o.processes.p1.status = 7
    has("exit", world)
    world.o.processes.p1.status = 2
    has("exit", world)
  end)
  it("rejects a batch that ends before its items", function()
    has("ended early", new():action(A):process("p1", { "cancel", A }):batch("p1", { A })
      :row("p1", 1, "ended", { verdict = "unsent" }):row("p1", 0, "ended"))
  end)
  it("rejects a defect", function()
    local world = good()
    world:event("defect", { process = "p1", text = "attempt to index nil" })
    has("defect", world)
  end)
  it("rejects a row that is lost", function()
    local world = good()
    table.remove(world.o.stores.soc1.events)
    has("journal", world)
  end)
end)

describe("pace", function()
  local function calls(number, pace)
    local world = batch_of(number, function(w, i, id) one(w:at(pace(i)), i, id) end)
    world.o.is_faulty = false
    return world
  end

  it("allows the optimum", function()
    is_fine(calls(200, function(i) return 1 + math.floor((i - 1) / 80) * 60 end))
  end)
  it("rejects a slower one", function()
    has("pace", calls(200, function(i) return 1 + math.floor((i - 1) / 70) * 70 end))
  end)
  it("rejects errors and a second POST", function()
    local world = repeated({ status = 500 }, nil, true)
    world.o.is_faulty = false
    has("faultless", world)
  end)
end)

describe("a filter", function()
  it("leaves out no action that matches", function()
    local function filtered(fields)
      local world = good():action(B, "Pending", fields)
      world.o.processes.p1.intent = { what = "cancel", filter = { type = "Isolate" } }
      return world
    end
    has("lost", filtered {})
    is_fine(filtered { type = "LiveResponse" })
    is_fine(filtered { created = T0 - 1 })
    is_fine(filtered { status = "Succeeded" })
  end)
end)

describe("skipped", function()
  local function skipped(kind, by)
    local world = new():action(A, "Succeeded", { type = kind })
    if by then world:action(B, "Succeeded", { requestor = by, created = T0 - 500 }) end
    world:process("p1", { "apply", "plan", "--approve", "1234" }, { intent = { what = "apply" } })
    world:at(1):batch("p1", { { id = A, machine = MACHINE, decision = "undo" } })
    return world:row("p1", 1, "ended", { verdict = "skipped" }):row("p1", 0, "ended")
  end

  it("has no inverse, or one that is not needed", function()
    is_fine(skipped "LiveResponse")
    is_fine(skipped("Isolate", "dana"))
    has("verdict", skipped "Isolate")
  end)
end)
