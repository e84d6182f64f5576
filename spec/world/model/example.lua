-- Builds observations by hand, for the tests of the judge.

local judge = require "spec.world.model"

local APP, T0 = "app-1", 1769198400
local A, B = ("0"):rep(35) .. "1", ("0"):rep(35) .. "2"
local MACHINE = ("a"):rep(40)

-- A world under construction; at(seconds) moves its time.
local World = { APP = APP, T0 = T0, A = A, B = B, MACHINE = MACHINE }
World.__index = World

function World.new()
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
    intent = { what = "cancel", ids = { A }, comment = "misfire" } }
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
function World.good()
  local world = World.new():action(A):process("p1", { "cancel", A, "-m", "misfire" })
  world:at(1):batch("p1", { A }):row("p1", 1, "sent")
  world:at(2):cancel("p1", A)
  world:at(3):row("p1", 1, "ended", { verdict = "cancelled", status = "Cancelled" })
  world:row("p1", 0, "ended"):line { id = A, verdict = "cancelled" }
  return world
end

-- The rules that the judge finds violated, in order.
function World.rules(world)
  local found = {}
  for _, violation in ipairs(judge(world.o)) do
    found[#found + 1] = violation.rule
    assert(type(violation.text) == "string" and type(violation.events) == "table")
  end
  table.sort(found)
  return found
end

-- Raises an error unless this rule is violated.
function World.has(rule, world)
  local found = World.rules(world)
  for _, name in ipairs(found) do
    if name == rule then return end
  end
  error("no violation of " .. rule .. ", only: " .. table.concat(found, ", "), 2)
end

-- Raises an error if any rule is violated.
function World.is_fine(world)
  local texts = {}
  for _, violation in ipairs(judge(world.o)) do
    texts[#texts + 1] = violation.rule .. ": " .. violation.text
  end
  if texts[1] then error(table.concat(texts, "\n"), 2) end
end

return World
