-- Tests the judge with observations made by hand: for each rule one that keeps it, one that breaks it.

local judge = require "spec.world.model"

local World = require "spec.world.model.example"
local new, good = World.new, World.good
local has, is_fine = World.has, World.is_fine
local APP, T0, A, B, MACHINE = World.APP, World.T0, World.A, World.B, World.MACHINE

describe("the judge", function()
  it("finds nothing wrong with a cancel that went well", function() is_fine(good()) end)

  it("changes nothing and repeats itself", function()
    local world = good():row("p1", 1, "ended", { verdict = "error" })
    assert.same(judge(world.o), judge(world.o))
  end)
end)

describe("window", function()
  local function calls(number, span)
    local world = good()
    for i = 1, number do
      world:at(100 + i * span / number):get("p1", A)
    end
    return world
  end

  it("allows the limit", function() is_fine(calls(100, 59)) end)
  it("allows a hundred more in the next minute", function() is_fine(calls(200, 121)) end)
  it("rejects one more", function() has("window", calls(101, 59)) end)
  it("rejects more than the limit of an hour", function() has("window", calls(1501, 3590)) end)

  it("allows what a step of the clock explains", function()
    local world = good():at(130)
    world:event("fault", { what = "clock", host = "soc1", offset = 60 })
    for i = 1, 101 do world:at(130 + i * 0.5 - 20):get("p1", A) end
    is_fine(world)
  end)

  it("allows what a step of the clock explains after a reboot, too", function()
    local function rebooted(has_step)
      local world = good():at(30)
      if has_step then world:event("fault", { what = "clock", host = "soc1", offset = 60 }) end
      world:at(130):event("reboot", { host = "soc1" })
      for i = 1, 101 do world:at(110 + i * 0.5):get("p1", A) end
      return world
    end
    is_fine(rebooted(true))
    has("window", rebooted(false))
  end)

  it("counts one that was refused, but lets strangers fill the window", function()
    local world = good()
    for i = 1, 100 do
      world:at(100 + i / 10):request(nil, { stranger = "x", method = "GET", operation = "get",
        bucket = "get", target = A })
    end
    world:at(111):request("p1", { method = "GET", operation = "get", bucket = "get", target = A,
      status = 429 })
    is_fine(world)
    for i = 1, 100 do world:at(200 + i / 10):get("p1", A) end
    world:request("p1", { method = "GET", operation = "get", bucket = "get", target = A,
      status = 429 })
    has("window", world)
  end)
end)

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

describe("second post", function()
  it("allows one after a read", function()
    is_fine(repeated({ status = 500 }, nil, true))
  end)
  it("allows one if the first was refused, 401, 403 or 429", function()
    is_fine(repeated({ arrived = false, effect = false, status = false }, "refused"))
    is_fine(repeated({ status = 429 }))
    is_fine(repeated({ status = 401, admitted = false }))
  end)
  it("rejects one after 500 or no answer", function()
    has("second post", repeated({ status = 500 }))
    has("second post", repeated({}, "timeout"))
    has("second post", repeated({}, "gone"))
  end)
  it("rejects one without a read since a lost one, whatever came between", function()
    local world = repeated({}, "lost")
    has("second post", world)
  end)
end)

describe("unwritten", function()
  it("rejects a POST that the journal does not have", function()
    local world = good():action(B)
    has("unwritten", world:at(5):cancel("p1", B))
  end)
end)

-- An isolation by mde; each further effect is that of one more POST after a read.
local function isolation(effects, verdict)
  local world = new():process("p1", { "isolate", MACHINE, "-m", "misfire" },
    { intent = { what = "isolate", machines = { MACHINE }, comment = "misfire" } })
  world.o.machines[MACHINE] = { id = MACHINE, machineTags = {}, isolated = false }
  world:at(1):batch("p1", { { id = MACHINE, decision = "isolate" } })
  for i, effect in ipairs(effects) do
    local id = ("%036d"):format(i + 10)
    world:at(i * 10):row("p1", 1, "sent")
    local n = world:request("p1", { method = "POST", operation = "launch:isolate", target = MACHINE,
      path = "/api/machines/" .. MACHINE .. "/isolate", bucket = "launch:isolate",
      body = { Comment = "misfire" }, effect = effect, action = id, status = 201 }, "lost")
    world:action(id, "Pending",
      { requestor = APP, created = world.now, requestorComment = "misfire" })
    world.o.events[#world.o.events].request = n
    world.o.events[#world.o.events].cause = "request"
    world:at(i * 10 + 5):request("p1", { method = "GET", operation = "list", bucket = "list",
      path = "/api/machineactions", query = { ["$filter"] = "machineId eq '" .. MACHINE .. "'" } })
  end
  world:row("p1", 1, "ended", { verdict = verdict }):row("p1", 0, "ended")
  return world:line { id = MACHINE, what = "isolate", verdict = verdict }
end

describe("relaunch", function()
  it("allows one launch", function() is_fine(isolation({ "launched" }, "launched")) end)
  it("rejects two", function()
    has("relaunch", isolation({ "launched", "launched" }, "launched"))
  end)
end)

describe("what is settled", function()
  it("is not sent again", function()
    has("resent", good():at(8):row("p1", 1, "sent"))
    has("resent", good():at(8):cancel("p1", A))
  end)
  it("gets no second verdict", function()
    has("two verdicts", good():at(8):row("p1", 1, "ended", { verdict = "already_final" }))
  end)
end)

-- One item that ends with this verdict without being sent, of an action with this status.
local function ended_as(verdict, status, fields)
  local world = new():action(A, status, fields):process("p1", { "cancel", A, "-m", "misfire" })
  world:at(1):batch("p1", { A }):at(2):get("p1", A):at(13):get("p1", A)
  return world:row("p1", 1, "ended", { verdict = verdict, status = status }):row("p1", 0, "ended")
end

describe("verdict", function()
  it("cancelled is that of our cancel", function()
    local world = good()
    world.o.actions[A].status = "Pending"
    world.o.events[1].to = "Pending"
    for i = #world.o.events, 2, -1 do
      if world.o.events[i].kind == "action" then world.o.events[i].kind = "none" end
    end
    has("verdict", world)
    has("verdict", ended_as("cancelled", "Cancelled"))
  end)

  it("already_cancelled is not that of our cancel", function()
    is_fine(ended_as("already_cancelled", "Cancelled"))
    has("verdict", ended_as("already_cancelled", "Pending"))
    local world = good()
    for _, event in ipairs(world.o.events) do
      if event.row and event.row.verdict then event.row.verdict = "already_cancelled" end
    end
    world.o.stores.soc1.audit_lines[1].verdict = "already_cancelled"
    has("verdict", world)
  end)

  it("already_final has ended", function()
    is_fine(ended_as("already_final", "Succeeded"))
    is_fine(ended_as("already_final", "TimeOut"))
    has("verdict", ended_as("already_final", "InProgress"))
    has("verdict", ended_as("already_final", "Cancelled"))
  end)

  it("too_late had completed", function()
    local function commands(status) return { commands = { { commandStatus = status } } } end
    is_fine(ended_as("too_late", "Cancelled", commands "Completed"))
    has("verdict", ended_as("too_late", "Cancelled", commands "Created"))
    has("verdict", ended_as("too_late", "Succeeded"))
  end)

  it("not_found is unknown to the service, after two reads", function()
    has("verdict", ended_as("not_found", "Pending"))
    local world = ended_as("not_found", "Pending")
    world.o.processes.p1.status = 1
    world.o.actions[A] = nil
    world.o.events[1] = { kind = "fault", what = "none", at = T0 }
    is_fine(world)
    for i = #world.o.events, 1, -1 do
      if world.o.events[i].operation == "get" then world.o.events[i].at = T0 + 2 end
    end
    has("verdict", world)
  end)

  it("not_found may have ended, if two cancels say so and reads are forbidden", function()
    local function told(status, read, seconds)
      local world = new():action(A, status):process("p1", { "cancel", A, "-m", "misfire" })
      world.o.processes.p1.status = 1
      world:at(1):batch("p1", { A }):row("p1", 1, "sent")
      for _, at in ipairs { 2, 2 + seconds } do
        world:at(at):cancel("p1", A, { status = 404 })
        world:at(at + 1):request("p1", { method = "GET", operation = "get", bucket = "get",
          target = A, status = read, path = "/api/machineactions/" .. A })
      end
      world:row("p1", 1, "ended", { verdict = "not_found" }):row("p1", 0, "ended")
      return world:line { id = A, verdict = "not_found" }
    end
    is_fine(told("Succeeded", 403, 10))
    has("verdict", told("Pending", 403, 10))
    has("verdict", told("Succeeded", 200, 10))
    has("verdict", told("Succeeded", 403, 5))
  end)

  it("changed differs from the plan", function()
    is_fine(ended_as("changed", "InProgress"))
    has("verdict", ended_as("changed", "Pending"))
  end)

  it("launched has launched", function() has("verdict", isolation({ "existing" }, "succeeded")) end)
  it("existing was there", function() has("verdict", isolation({ "launched" }, "existing")) end)
  it("accepted was accepted", function() has("verdict", ended_as("accepted", "Pending")) end)
  it("undone was undone", function() has("verdict", ended_as("undone", "Succeeded")) end)
  it("refused was refused", function() has("verdict", ended_as("refused", "Pending")) end)
  it("must exist", function() has("verdict", ended_as("gone", "Pending")) end)
end)

describe("audit", function()
  it("rejects a broken chain", function()
    local world = good():line { what = "batch ended" }
    is_fine(world)
    world.o.stores.soc1.audit_lines[2].previous = ("1"):rep(64)
    has("audit chain", world)
  end)
  it("rejects a number that is missing", function()
    has("audit chain", good():line { what = "batch ended", n = 3 })
  end)
  it("requires one line per item that was sent", function()
    local world = good()
    world.o.stores.soc1.audit_lines, world.o.stores.soc1.audit_text = {}, ""
    has("audit line", world)
    has("audit line", good():line { id = A, verdict = "cancelled" })
    has("audit line", good():line { id = A, verdict = "error" })
  end)
  it("rejects a line that claims what was never sent", function()
    has("audit claim", good():line { id = B, verdict = "cancelled" })
  end)
end)

describe("secret", function()
  it("is in no output, row, line or request", function()
    has("secret", (function()
      local world = good()
      world:event("output", { process = "p1", stream = "stderr", text = "token s3cret!" })
      return world
    end)())
    has("secret", good():row("p1", 0, "stopped", { message = "s3cret" }))
    has("secret", good():line { what = "batch ended", comment = "s3cret" })
  end)
end)


describe("retry after", function()
  local function resent(seconds)
    local world = new():action(A):process("p1", { "cancel", A, "-m", "misfire" })
    world:at(1):batch("p1", { A }):row("p1", 1, "sent")
    world:at(2):cancel("p1", A, { status = 429, answer = { error = { code = "429",
      message = "API calls quota exceeded! You can send requests again in 8 seconds." } } })
    world:at(2 + seconds):row("p1", 1, "sent"):cancel("p1", A)
    world:row("p1", 1, "ended", { verdict = "cancelled", status = "Cancelled" })
    return world:row("p1", 0, "ended"):line { id = A, verdict = "cancelled" }
  end

  it("has passed before the operation is sent again", function()
    is_fine(resent(8))
    has("retry after", resent(7))
  end)
end)
