-- Makes a client with a simulated service, network and time, for specs.

local clients = require "mde.client"
local clocks = require "mde.simulator.clock"
local engines = require "mde.simulator.engine"
local random_numbers = require "mde.simulator.random"
local services = require "mde.simulator.service"
local settings = require "mde.config.options"

local world = {}

-- `service`: options of mde.simulator.service; `options`: of mde.client, in front of those
-- that the service needs; `open(clock)` gives the store, if there is to be one.
-- -> client, service, clock, engine
function world.new(service, options, open)
  local given = { clock = clocks.new() }
  for name, value in pairs(service or {}) do given[name] = value end
  local model = services.new(given)
  local engine = engines.new(model, 0.1)
  local store = open and open(given.clock)
  return world.client(model, engine, options, store), model, given.clock, engine
end

-- Another client of the same service.
function world.client(model, engine, options, store)
  local given = { tenant = model.tenant, client_id = model.client_id,
                  client_secret = model.client_secret }
  for name, value in pairs(options or {}) do given[name] = value end
  return clients.new(assert(settings.read(given, function() end)), {
    engine = engine, clock = model.clock, host = require "mde.host.plain",
    random = random_numbers.new(7), store = store,
  })
end

-- Adds actions and gives their ids. `description(i)` as mde.simulator.action has it.
function world.add(service, count, description)
  local ids = {}
  for i = 1, count do ids[i] = service:add(description and description(i) or {}) end
  return ids
end

return world
