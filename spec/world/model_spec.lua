-- Tests the judge with observations made by hand: for each rule one that keeps it, one that breaks it.

local judge = require "spec.world.model"

local APP, T0 = "app-1", 1769198400
local A, B = ("0"):rep(35) .. "1", ("0"):rep(35) .. "2"
local MACHINE = ("a"):rep(40)

-- A world under construction; at(seconds) moves its time.
local World = {}
World.__index = World

local function new()
  local world = setmetatable({ now = T0, audit = {}, numbers = {} }, World)
  world.o = {
    seed = 1, is_faulty = true, began = T0, ended = T0 + 10000, tenant = "t", application = APP,
    limits = { cancel = { minute = 100, hour = 1500 }, get = { minute = 100, hour = 1500 } },
    secrets = { "s3cret" }, profile = {}, machines = {}, actions = {}, events = {},
    processes = {}, stores = { soc1 = { batches = {}, items = {}, events = {}, audit_lines = {} } },
  }
  return world
end

function World:at(seconds)
  self.now = T0 + seconds
  return self
end

function World:event(kind, fields)
  fields.kind, fields.at = kind, fields.at or self.now
  table.insert(self.o.events, fields)
  return #self.o.events
end

function World:action(id, status, fields)
  local action = { id = id, type = "Isolate", status = status or "Pending", machineId = MACHINE,
    requestor = "soar", created = T0 - 1000, commands = {} }
  for key, value in pairs(fields or {}) do action[key] = value end
  self.o.actions[id] = action
  self:event("action", { id = id, to = action.status, type = action.type,
    machine = action.machineId, by = action.requestor, cause = "admin", at = action.created })
  return self
end

function World:become(id, status, fields)
  local event = { id = id, from = self.o.actions[id].status, to = status, cause = "device" }
  for key, value in pairs(fields or {}) do event[key] = value end
  self.o.actions[id].status = status
  self:event("action", event)
  return self
end

function World:process(name, argv, fields)
  local process = { name = name, host = "soc1", user = "dana", store = "soc1", argv = argv,
    is_attended = false, status = 0, began = self.now, ended = T0 + 9000, out = "", err = "",
    intent = { what = "cancel", ids = { A, B }, comment = "misfire" } }
  for key, value in pairs(fields or {}) do process[key] = value end
  self.o.processes[name] = process
  self:event("start", { process = name, argv = argv })
  return self
end

function World:journal(process, row, table_name, op)
  return self:event("journal", { process = process, store = "soc1", table = table_name or "events",
    op = op or "insert", row = row })
end

function World:row(process, position, kind, fields)
  local key = position
  self.numbers[key] = (self.numbers[key] or 0) + 1
  local row = { batch = 1, position = position, number = self.numbers[key], kind = kind }
  for name, value in pairs(fields or {}) do row[name] = value end
  table.insert(self.o.stores.soc1.events, row)
  self:journal(process, row)
  return self
end

function World:batch(process, ids, fields)
  local store = self.o.stores.soc1
  local row = { number = 1, name = "b1", who = "dana@soc1", comment = "misfire", size = #ids }
  for key, value in pairs(fields or {}) do row[key] = value end
  store.batches[1] = row
  for i, id in ipairs(ids) do
    store.items[i] = type(id) == "table" and id or { id = id, expected = "Pending" }
    store.items[i].batch, store.items[i].position = 1, i
  end
  self:journal(process, row, "batches")
  return self:row(process, 0, "begun")
end

function World:request(process, fields, outcome)
  local event = { process = process, sent = self.now, arrived = true, query = {}, admitted = true,
    status = 200 }
  for key, value in pairs(fields) do event[key] = value end
  if event.status == 429 or event.status == 403 then event.admitted = false end
  local n = self:event("request", event)
  if outcome ~= "none" then
    self:event("answer", { request = n, process = process, outcome = outcome or "delivered",
      status = (outcome or "delivered") == "delivered" and event.status or nil })
  end
  return n
end

function World:cancel(process, id, fields, outcome)
  local event = { method = "POST", operation = "cancel", bucket = "cancel", target = id,
    path = "/api/machineactions/" .. id .. "/cancel", body = { Comment = "misfire" },
    effect = "cancelled", action = id }
  for key, value in pairs(fields or {}) do event[key] = value end
  if event.status and event.status ~= 200 then event.effect = nil end
  local n = self:request(process, event, outcome)
  if event.effect == "cancelled" and self.o.actions[id].status ~= "Cancelled" then
    self:become(id, "Cancelled", { cause = "request", request = n, by = APP, comment = "misfire" })
  end
  return self, n
end

function World:get(process, id)
  self:request(process, { method = "GET", operation = "get", bucket = "get", target = id,
    path = "/api/machineactions/" .. id })
  return self
end

function World:line(fields)
  local sha256 = require "spec.world.model.sha256"
  local line = { n = #self.audit + 1, log = "l", what = "cancel", batch = "b1",
    previous = #self.audit == 0 and ("0"):rep(64) or sha256(self.audit[#self.audit]) }
  for key, value in pairs(fields) do line[key] = value end
  table.insert(self.audit, ("%d %s %s"):format(line.n, line.id or "", line.verdict or ""))
  local store = self.o.stores.soc1
  table.insert(store.audit_lines, line)
  store.audit_text = table.concat(self.audit, "\n") .. "\n"
  return self
end

-- A cancel of one action that goes well.
local function good()
  local world = new():action(A):process("p1", { "cancel", A, "-m", "misfire" })
  world.o.processes.p1.intent.ids = { A }
  world:at(1):batch("p1", { A }):row("p1", 1, "sent")
  world:at(2):cancel("p1", A)
  world:at(3):row("p1", 1, "ended", { verdict = "cancelled", status = "Cancelled" })
  world:row("p1", 0, "ended"):line { id = A, verdict = "cancelled" }
  return world
end

local function rules(world)
  local found = {}
  for _, violation in ipairs(judge(world.o)) do
    found[#found + 1] = violation.rule
    assert.is_string(violation.text)
    assert.is_table(violation.events)
  end
  table.sort(found)
  return found
end

local function has(rule, world)
  for _, found in ipairs(rules(world)) do
    if found == rule then return end
  end
  error("no violation of " .. rule .. ", only: " .. table.concat(rules(world), ", "), 2)
end

local function is_fine(world)
  local texts = {}
  for _, violation in ipairs(judge(world.o)) do
    texts[#texts + 1] = violation.rule .. ": " .. violation.text
  end
  assert.same({}, texts)
end

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
    world.o.actions[A] = nil
    world.o.events[1] = { kind = "fault", what = "none", at = T0 }
    is_fine(world)
    for i = #world.o.events, 1, -1 do
      if world.o.events[i].operation == "get" then world.o.events[i].at = T0 + 2 end
    end
    has("verdict", world)
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
