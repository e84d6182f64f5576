-- Exchanges HTTP between the real engine and a server in this process.

local core = require "mde.core"

local exchange = {}

local owners = {}

-- A new owner of a request (contract 1 of doc/architecture.md), which is never collected.
function exchange.owner()
  local owner = {}
  owners[#owners + 1] = owner
  return owner
end

local Exchange = {}
Exchange.__index = Exchange

-- `serve()` lets the server do what there is to do; it should not wait long.
function exchange.new(serve)
  return setmetatable({ engine = assert(core.engine()), serve = serve }, Exchange)
end

-- Starts a request { method, url, headers, body } -> id
function Exchange:start(request)
  request.timeout, request.connect_timeout = 20, 20
  return assert(self.engine:start(request, exchange.owner()))
end

-- Lets both sides go on until `id` has ended. -> response | nil, err
function Exchange:finish(id)
  while true do
    self.serve()
    self.engine:poll(0.005)
    local response, err = self.engine:take(id)
    if response ~= false then return response, err end
  end
end

function Exchange:ask(request)
  return self:finish(self:start(request))
end

return exchange
