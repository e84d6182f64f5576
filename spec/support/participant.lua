-- A process under a shared virtual clock, and the module for its script.
--
-- participants.lua starts it, and has the service, the network and the clock.
--
--   local participant = require "spec.support.participant"
--   local given = ...                                  -- what the spec gave
--   local client = participant.client { quota = false }
--   participant.tell { began = participant.clock.wall() }
--   return client:cancel_all(given.ids, { comment = "by mistake" })

local clients = require "mde.client"
local errors = require "mde.base.errors"
local literal = require "spec.support.literal"
local plain = require "mde.host.plain"
local random_numbers = require "mde.simulator.random"
local settings = require "mde.config.options"

local participant = {}

-- Messages: a line each. Standard input is the script's own.

local replies, messages
local now, wall = 0, 0  -- as of the last reply

local function send(message)
  messages:write(literal.write(message), "\n")
  messages:flush()
end

-- Ends the process if the other side is gone.
local function receive()
  local line = replies:read "L"
  if not line then os.exit(1) end
  local reply = literal.read(line)
  now, wall = reply.now, reply.wall
  return reply
end

-- The clock, and an engine (contract 1) like mde.simulator.engine. It sends the requests that
-- have begun when it polls, and only then does time pass.

participant.clock = {
  monotonic = function() return now end,
  wall = function() return wall end,
  boot = function() return "virtual" end,  -- the boot whose seconds these are
}

local Engine = {}
Engine.__index = Engine

local REQUEST = { method = true, url = true, headers = true, body = true, timeout = true,
                  connect_timeout = true, proxy = true, ca_file = true, http_version = true }

local function reveal(value)
  if value == nil or type(value) == "string" then return value end
  return value:reveal()
end

function Engine:start(request, owner)
  assert(not self.closed, "the engine is closed")
  errors.check_keys("engine:start", request, REQUEST)
  if not request.url:find "^https?://[^/]+/" then
    return nil, { code = "invalid_request", message = "not a URL: " .. request.url, sent = false }
  end
  local headers = {}
  for name, value in pairs(request.headers or {}) do headers[name] = reveal(value) end
  self.last = self.last + 1
  self.flights[self.last] = true
  self.begun[#self.begun + 1] = { id = self.last, request = {
    method = request.method, url = request.url, headers = headers,
    body = reveal(request.body), timeout = request.timeout,
  } }
  owner.flight = self.last
  return self.last
end

-- Answers land while the engine polls.
function Engine:step()
  assert(not self.closed, "the engine is closed")
  return self.waiting
end

function Engine:poll(seconds)
  assert(not self.closed, "the engine is closed")
  send { deadline = now + math.min(seconds, 1), begun = self.begun }
  self.begun = {}
  for _, result in ipairs(receive().landed) do
    self.flights[result.id], self.landed[result.id] = nil, result
    self.waiting = self.waiting + 1
  end
  return self.waiting
end

function Engine:take(id)
  assert(not self.closed, "the engine is closed")
  if self.flights[id] then return false end
  local result = self.landed[id]
  if not result then
    return nil, { code = "lost", message = "no such request", sent = true }
  end
  self.landed[id], self.waiting = nil, self.waiting - 1
  return result.response, result.err
end

function Engine:abandon(id)
  if self.landed[id] then self.waiting = self.waiting - 1 end
  if self.flights[id] then self.begun[#self.begun + 1] = { abandoned = id } end
  self.landed[id], self.flights[id] = nil, nil
end

function Engine:close()
  for id in pairs(self.flights) do self:abandon(id) end
  self.closed, self.landed, self.waiting = true, {}, 0
end

participant.engine = setmetatable({ flights = {}, landed = {}, begun = {}, waiting = 0,
                                    last = 0 }, Engine)

-- For scripts

-- A client of the service. `options`: of mde.client, in front of those that the service
-- needs; `world`: what it shall have besides or instead of ours.
function participant.client(options, world)
  local given, made = {}, { engine = participant.engine, clock = participant.clock,
                            host = plain, random = participant.random }
  for name, value in pairs(participant.service) do given[name] = value end
  for name, value in pairs(options or {}) do given[name] = value end
  for name, value in pairs(world or {}) do made[name] = value end
  return clients.new(assert(settings.read(given, function() end)), made)
end

-- Lets `seconds` of virtual time pass.
function participant.sleep(seconds)
  local moment = now + seconds
  while now < moment do participant.engine:poll(moment - now) end
end

-- Tells the spec a plain value at once: it is known even if we are killed right after.
function participant.tell(value)
  send { told = value }
end

-- participant.lua FOLDER: with a pipe of replies at descriptor 4, and at 3 one for
-- messages, which ends when this process does.
local function main()
  package.loaded["spec.support.participant"] = participant
  replies, messages = assert(io.open "/dev/fd/4"), assert(io.open("/dev/fd/3", "w"))
  local order = receive()
  participant.name, participant.service = order.name, order.service
  participant.random = random_numbers.new(order.seed)
  local script
  if order.script:find "\n" then
    script = assert(load(order.script, "=" .. order.name, "t"))
  else
    script = assert(loadfile(order.script, "t"))
  end
  send { done = true, value = script(order.arguments) }
end

if ... ~= "spec.support.participant" then main() end
return participant
