-- The engine of one process (contract 1 of doc/architecture.md): its network to the service.

local network = {}

local Engine = {}
Engine.__index = Engine

local function reveal(value)
  if value == nil or type(value) == "string" then return value end
  return value:reveal()
end

local function failure(code, message, sent)
  return { err = { code = code, message = message, sent = sent } }
end

local ENDS = {
  refused = failure("connection", "connection refused", false),
  lost = failure("lost", "the connection ended without an answer", true),
  timeout = failure("timeout", "no answer in time", true),
}

-- Ends a flight with a result, for the process and in the observation.
local function land(self, flight, outcome, answer)
  if flight.ended then return end
  flight.ended = true
  local known = self.flights[flight.id] and not self.process.ended
  local world = self.process.world
  world:note { kind = "answer", request = flight.request, process = self.process.name,
               outcome = known and outcome or "gone", status = known and answer and answer.status,
               retry_after = known and answer and tonumber(answer.headers["retry-after"]) }
  if not known then return end
  local now = self.process.clock.monotonic()
  self.flights[flight.id] = nil
  self.landed[flight.id] = answer and { response = { status = answer.status, body = answer.body,
    headers = answer.headers, seconds = now - flight.started } } or ENDS[outcome]
  self.waiting, self.last_landed = self.waiting + 1, self.last_landed + 1
  if self.sleeper then self.process:wake(self.sleeper) end
end

-- Hands the answer over, or loses or spoils it: `fate` is of spec/world/faults.lua.
local function arrive(self, flight, seen, fate)
  local world = self.process.world
  if fate.lost == "before" then
    flight.request = world:note_lost(seen)
    local outcome = fate.outcome
    local wait = outcome == "timeout" and flight.timeout or fate.delay
    return world:after(wait, function()
      land(self, flight, outcome, outcome == "proxy" and fate.answer or nil)
    end)
  end
  local answer
  answer, flight.request = world:answer(seen, fate)
  local delay = fate.delay + (fate.late or 0)
  local outcome = fate.lost and fate.outcome or "delivered"
  if outcome == "timeout" or delay > flight.timeout then
    outcome, delay = "timeout", flight.timeout
  end
  if outcome == "proxy" then answer = fate.answer end
  if outcome ~= "delivered" and outcome ~= "proxy" then answer = nil end
  world:after(delay, function() land(self, flight, outcome, answer) end)
end

-- engine:start(request, owner) -> id | nil, err
function Engine:start(request, owner)
  local process = self.process
  process:touch("send", request.url)
  local world = process.world
  local path, query = request.url:match "^https://[^/]+(/[^?]*)%??(.*)$"
  local headers = {}
  for name, value in pairs(request.headers or {}) do headers[name:lower()] = reveal(value) end
  if owner.flight then self:abandon(owner.flight) end
  self.last = self.last + 1
  local flight = { id = self.last, started = process.clock.monotonic(),
                   timeout = request.timeout or 60 }
  self.flights[self.last], owner.flight = flight, self.last
  local seen = { process = process, sent = world.agenda.now, method = request.method or "GET",
                 path = path, query = query, headers = headers, text = reveal(request.body) }
  local fate = world:fate(seen)
  world:after(fate.way, function() arrive(self, flight, seen, fate) end)
  return self.last
end

function Engine:step()
  self.process:touch "step"
  self.last_seen = self.last_landed
  return self.waiting
end

-- Lets time pass until another answer lands, at most `seconds` and 1 s.
function Engine:poll(seconds)
  if self.last_seen == self.last_landed then
    self.sleeper = {}
    self.process:sleep(math.min(seconds, 1), self.sleeper)
    self.sleeper = nil
  end
  return self:step()
end

-- engine:take(id) -> response | nil, err | false while in flight
function Engine:take(id)
  if self.flights[id] then return false end
  local result = self.landed[id]
  if not result then return nil, { code = "lost", message = "no such request", sent = true } end
  self.landed[id], self.waiting = nil, self.waiting - 1
  if result.err then
    return nil, { code = result.err.code, message = result.err.message, sent = result.err.sent }
  end
  return result.response
end

function Engine:abandon(id)
  if self.landed[id] then self.waiting = self.waiting - 1 end
  self.landed[id], self.flights[id] = nil, nil
end

function Engine:close()
  self.flights, self.landed, self.waiting = {}, {}, 0
end

function network.engine(process)
  return setmetatable({ process = process, flights = {}, landed = {}, waiting = 0, last = 0,
                        last_landed = 0, last_seen = 0 }, Engine)
end

-- The page of a proxy in place of the service's answer.
function network.page(status, retry_after)
  return { status = status, body = "<html><body>" .. status .. "</body></html>",
           headers = { ["content-type"] = "text/html",
                       ["retry-after"] = retry_after and ("%d"):format(retry_after) } }
end

-- The Date header (RFC 9110, 6.6.1).
function network.date(moment)
  return os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(moment))
end

return network
