-- Signs in with a credential at the simulator, under its virtual clock.

local clocks = require "mde.simulator.clock"
local engines = require "mde.simulator.engine"
local exchange = require "spec.support.exchange"
local memory = require "mde.store.memory"
local services = require "mde.simulator.service"
local tokens = require "mde.auth.token"

local signing = {}

local Signing = {}
Signing.__index = Signing

-- `sign_in` as mde.simulator.authority has it, `oddities` as mde.simulator.oddities.
function signing.new(sign_in, oddities)
  local clock = clocks.new()
  local service = services.new { clock = clock, sign_in = sign_in, oddities = oddities }
  return setmetatable({
    clock = clock, service = service, engine = engines.new(service, 0), store = memory.new(),
    requests = {},  -- all that were sent
    sign_in = service.authority.sign_in,
    settings = { authority = "https://login.microsoftonline.com", tenant = service.tenant,
                 client_id = service.client_id, clock = clock,
                 scope = "https://api.securitycenter.microsoft.com/.default" },
  }, Signing)
end

-- The settings with changes.
function Signing:with(changes)
  local all = {}
  for name, value in pairs(self.settings) do all[name] = value end
  for name, value in pairs(changes or {}) do all[name] = value end
  return all
end

local function sent(engine, request)
  local plain = {}
  for _, name in ipairs { "method", "url", "headers", "body" } do plain[name] = request[name] end
  return engine:start(plain, exchange.owner())
end

-- Moves a fetch to its end.
function Signing:drive(fetch)
  local response, err
  while true do
    local what, detail = fetch:step(self.clock.monotonic(), response, err)
    response, err = nil, nil
    if what == "done" then return end
    if what == "start" then
      self.requests[#self.requests + 1] = detail
      local id = assert(sent(self.engine, detail))
      repeat
        self.engine:poll(1)
        response, err = self.engine:take(id)
      until response ~= false
    else
      self.clock.advance(detail - self.clock.monotonic())
    end
  end
end

-- Signs in. -> the token's text | nil, err; seconds that it took
function Signing:sign(credential)
  local started = self.clock.monotonic()
  local token = tokens.new(credential, { clock = self.clock, store = self.store,
                                         random = function() return 0 end }, function() end)
  local fetch = token:fetch()
  self:drive(fetch)
  local seconds = self.clock.monotonic() - started
  if fetch.err then return nil, fetch.err, seconds end
  return token.header:reveal():match "^Bearer (.+)$", nil, seconds
end

-- Reports if the service accepts a token.
function Signing:is_taken(token)
  return self.service.authority:roles("Bearer " .. token) ~= nil
end

-- No value that is shown of these, however deep, has one of the texts.
function Signing.shows(value, texts, seen)
  seen = seen or {}
  if seen[value] then return false end
  local shown = tostring(value)
  for _, text in ipairs(texts) do
    if shown:find(text, 1, true) then return true end
  end
  if type(value) == "table" then
    seen[value] = true
    for key, inner in pairs(value) do
      if Signing.shows(key, texts, seen) or Signing.shows(inner, texts, seen) then return true end
    end
  end
  return false
end

return signing
