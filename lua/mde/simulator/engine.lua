-- An engine whose network is a simulated service under a virtual clock.
--
-- It has the calls and results of core.engine() (contract 1 of doc/architecture.md), but `poll`
-- lets virtual time pass. A request reaches the service after half of the round trip. The answer
-- arrives after the service's delay and the other half.

local blob = require "mde.simulator.blob"
local date = require "mde.base.date"
local errors = require "mde.base.errors"

local engine = {}

local Engine = {}
Engine.__index = Engine

local REQUEST = { method = true, url = true, headers = true, body = true, timeout = true,
                  connect_timeout = true, proxy = true, ca_file = true, http_version = true }

local function reveal(value)
  if value == nil or type(value) == "string" then return value end
  return value:reveal()
end

local function failure(code, message, sent)
  return { err = { code = code, message = message, sent = sent } }
end

local DAYS = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" }  -- 1970 began on a Thursday
local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
                 "Dec" }

-- The Date header, which every HTTP server adds (RFC 9110, 6.6.1).
local function stamp(moment)
  local year, month, day, time = date.text(moment):match "^(%d+)-(%d+)-(%d+)T([%d:]+)Z$"
  return ("%s, %s %s %s %s GMT"):format(DAYS[math.floor(moment / 86400) % 7 + 1], day,
    MONTHS[tonumber(month)], year, time)
end

-- The caller's result for an answer that the service gave at `moment`.
local function outcome(answer, seconds, moment)
  if answer.lost == "unreachable" then
    return failure("connection", "the host cannot be reached", false)
  elseif answer.lost or answer.cut then
    return failure("lost", "the connection ended without an answer", true)
  end
  local body = blob.whole(answer)
  answer.headers.date, answer.headers["content-length"] = stamp(moment), ("%d"):format(#body)
  return { response = { status = answer.status, headers = answer.headers, body = body,
                        seconds = seconds } }
end

-- Passes a request to the service, and plans its end: the answer, or the timeout before that. A
-- request that was sent arrives even if it was abandoned.
function Engine:arrive(id, request, started, deadline)
  local answer, now = self.service:answer(request), self.service:now()
  local moment = self.clock.monotonic() + answer.delay + self.round_trip / 2
  self.clock.at(math.min(moment, deadline), function()
    self:land(id, moment > deadline and failure("timeout", "no answer in time", true)
                  or outcome(answer, moment - started, now))
  end)
end

-- Ends a request, unless it has ended or was abandoned, or its owner was collected.
function Engine:land(id, result)
  if self.flights[id] and self.owners[id] then
    self.flights[id], self.landed[id] = nil, result
    self.waiting = self.waiting + 1
  end
end

-- Forgets the requests of owners that were collected.
function Engine:sweep()
  for _, requests in ipairs { self.flights, self.landed } do
    for id in pairs(requests) do
      if not self.owners[id] then self:abandon(id) end
    end
  end
end

-- engine:start({ method=, url=, headers=, body=, timeout=, … }, owner) -> id | nil, err
function Engine:start(request, owner)
  assert(not self.closed, "the engine is closed")
  errors.check_keys("engine:start", request, REQUEST)
  assert(type(owner) == "table", "engine:start: the owner must be a table")
  local host, path = request.url:match "^https?://([^/]+)(/.*)$"
  if not host then
    return nil, { code = "invalid_request", message = "not a URL: " .. request.url, sent = false }
  end
  local headers = { host = host }
  for name, value in pairs(request.headers or {}) do headers[name:lower()] = reveal(value) end
  self.last = self.last + 1
  local id, now = self.last, self.clock.monotonic()
  if owner.flight then self:abandon(owner.flight) end
  self.owners[id], self.flights[id], owner.flight = owner, true, id
  local seen = { method = request.method or "GET", path = path, headers = headers,
                 body = reveal(request.body) }
  local deadline = now + (request.timeout or 60)
  self.clock.at(now + self.round_trip / 2, function() self:arrive(id, seen, now, deadline) end)
  return id
end

-- engine:step() -> number of answers to take
function Engine:step()
  assert(not self.closed, "the engine is closed")
  self.clock.advance(0)
  self:sweep()
  return self.waiting
end

-- engine:poll(seconds) -> as step; lets time pass until an event, at most `seconds` and 1 s
function Engine:poll(seconds)
  assert(not self.closed, "the engine is closed")
  local known, clock = self.waiting, self.clock
  local deadline = clock.monotonic() + math.min(seconds, 1)
  while self.waiting == known and clock.pass(deadline - clock.monotonic()) do end
  return self:step()
end

-- engine:take(id) -> response | nil, err | false while in flight
function Engine:take(id)
  assert(not self.closed, "the engine is closed")
  if self.flights[id] then return false end
  local result = self.landed[id]
  if not result then
    return nil, { code = "lost", message = "no such request", sent = true }
  end
  self.landed[id], self.waiting = nil, self.waiting - 1
  if result.err then return nil, result.err end
  return result.response
end

-- engine:abandon(id)
function Engine:abandon(id)
  if self.landed[id] then self.waiting = self.waiting - 1 end
  self.landed[id], self.flights[id] = nil, nil
end

-- engine:close(): may be called again.
function Engine:close()
  self.closed, self.flights, self.landed, self.waiting = true, {}, {}, 0
end

-- An engine for `service` (mde.simulator.service), which has a virtual clock
-- (mde.simulator.clock). `round_trip` is in seconds (default 0.1).
function engine.new(service, round_trip)
  return setmetatable({
    service = service, clock = service.clock, round_trip = round_trip or 0.1,
    flights = {}, landed = {}, owners = setmetatable({}, { __mode = "v" }), waiting = 0, last = 0,
  }, Engine)
end

return engine
