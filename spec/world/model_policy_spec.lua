-- Tests the judge's rules for policies, mde watch, guards that change, and pauses of others.

local World = require "spec.world.model.example"

local new, has, is_fine = World.new, World.has, World.is_fine
local A, B = World.A, World.B

-- The cancel of an action by a process with this command line.
local function cancelled(argv, fields)
  local world = new():action(A):process("p1", argv, fields)
  world:at(1):batch("p1", { A }):row("p1", 1, "sent")
  world:at(2):cancel("p1", A):row("p1", 1, "ended", { verdict = "cancelled" })
  return world:row("p1", 0, "ended"):line { id = A, verdict = "cancelled" }
end

local WATCH = { "watch", "stale.lua", "--approve", "1234", "--every", "5m" }

local function watched(fields)
  local intent = { what = "watch", filter = {}, is_approved = true }
  for key, value in pairs(fields or {}) do intent[key] = value end
  return cancelled(WATCH, { intent = intent })
end

describe("watch", function()
  it("carries out what is approved", function()
    is_fine(watched())
    has("agreement", watched { is_approved = false })
  end)
  it("carries out what its policy selects", function()
    has("agreement", watched { filter = { type = "LiveResponse" } })
  end)
  it("obeys the guard of the policy", function()
    is_fine(watched { guards = { max = 1 } })
    has("guard", watched { guards = { max = 0 } })
  end)
  it("changes nothing after a batch was stopped", function()
    local world = watched():action(B):row("p1", 0, "stop asked")
    world:at(20):row("p1", 0, "begun"):row("p1", 0, "stop asked")
    world.o.stores.soc1.items[2] = { batch = 1, position = 2, id = B, expected = "Pending" }
    world:at(30):row("p1", 2, "sent"):cancel("p1", B)
    has("stopped", world)
  end)
end)

describe("guards that change", function()
  local function changed(at)
    local world = cancelled { "cancel", A, "-m", "misfire" }
    table.insert(world.o.events, { kind = "guards", at = World.T0 + at, guards = { max = 0 } })
    return world
  end

  it("hold for processes that begin later", function()
    has("guard", changed(-5))
    is_fine(changed(5))
  end)

  it("do not protect what an earlier run changed and a resume only reads", function()
    local function resumed(first)
      local world = new():action(A):action(B, "Pending", { machineId = ("b"):rep(40) })
      world:process("p1", { "cancel", A, B, "-m", "misfire", "--yes" },
        { intent = { what = "cancel", ids = { A, B }, comment = "misfire" } })
      world.o.machines[World.MACHINE] = { id = World.MACHINE, machineTags = { "crown-jewel" } }
      world:batch("p1", { A, B }):row("p1", 1, "sent")
      world:cancel("p1", A, { effect = "accepted" })
      world:row("p1", 1, "ended", { verdict = first }):line { id = A, verdict = first }
      world:row("p1", 0, "stopped"):at(10)
      table.insert(world.o.events, { kind = "guards", at = world.now,
        guards = { protect_tags = { "crown-jewel" } } })
      world:at(20):process("p2", { "resume", "b1" }, { intent = { what = "resume", batch = "b1" } })
      world:row("p2", 0, "resumed"):row("p2", 2, "sent"):cancel("p2", B)
      return world
    end
    for _, rule in ipairs(World.rules(resumed "accepted")) do
      assert.are_not.equal("guard", rule)
    end
    has("guard", resumed "error")
  end)
end)

describe("a plan", function()
  local function applied(decision, status)
    local item = { id = A, machine = World.MACHINE, decision = decision, expected = "Pending" }
    local world = new():action(A):process("p1", { "apply", "p.jsonl", "--yes" })
    world:at(1):batch("p1", { item }, { plan = "h" }):at(2):become(A, status)
    world:request("p1", { method = "GET", operation = "get", bucket = "get", target = A,
      answer = { id = A, status = status } })
    world:row("p1", 1, "sent"):at(3):cancel("p1", A)
    return world
  end

  local function sends_changed(world)
    return table.concat(World.rules(world), " "):find("changed", 1, true) ~= nil
  end

  it("leaves an action alone that differs from it", function()
    assert.is_true(sends_changed(applied("cancel", "InProgress")))
    assert.is_false(sends_changed(applied("cancel", "Pending")))
    assert.is_false(sends_changed(applied("undo", "InProgress")))
  end)
end)

describe("a pause", function()
  local function paused(process, seconds)
    local world = new():action(A):process("p1", { "cancel", A }):process("p2", { "list" })
    world:at(1):request("p1", { method = "GET", operation = "list", bucket = "list", status = 429,
      answer = { error = { message = "send requests again in 30 seconds." } } })
    world:at(1 + seconds):request(process, { method = "GET", operation = "list", bucket = "list" })
    return world
  end

  it("holds for the other processes of the store, too", function()
    has("retry after", paused("p1", 2))
    has("retry after", paused("p2", 7))
    is_fine(paused("p2", 2))
    is_fine(paused("p2", 30))
  end)
  it("does not hold for reads that continue without the store", function()
    local function full(at)
      local world = paused("p2", 7)
      world.o.processes.p2.host = "soc2"
      table.insert(world.o.events, { kind = "fault", what = "disk full", host = "soc2",
        at = World.T0 + at, ["until"] = World.T0 + at + 1 })
      return world
    end
    is_fine(full(1))
    has("retry after", full(9))
  end)
end)
