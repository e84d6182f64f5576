-- Runs command lines against a simulated incident under a virtual clock, in one process:
--
--   mde run spec/support/screens.lua FOLDER WORD... [";" WORD...]...
--
-- It is a playbook for golden screens: the clock, the seed, the user and the process id are always
-- the same. FOLDER keeps the state of all command lines. A line that begins with - prints nothing.
-- The environment variable INCIDENT has options of the incident, as a table in Lua.

local clients = require "mde.client"
local clocks = require "mde.simulator.clock"
local engines = require "mde.simulator.engine"
local incident = require "mde.simulator.incident"
local program = require "mde.program"
local random_numbers = require "mde.simulator.random"
local settings = require "mde.config.options"
local real = require "mde.program.system".real

local ZERO = 1769198400  -- 2026-01-23T20:00:00Z

local clock = clocks.new(ZERO)
local options = load("return " .. (os.getenv "INCIDENT" or "{}"))()
options.clock = clock
local service = incident.service(options)
local engine = engines.new(service, 0.1)
local folder = arg[1]

local environment = { XDG_STATE_HOME = folder, XDG_CONFIG_HOME = folder, HOME = folder,
  MDE_API_URL = "https://api.security.microsoft.com", TERM = "xterm", NO_COLOR = "1",
  AZURE_TENANT_ID = service.tenant, AZURE_CLIENT_ID = service.client_id,
  AZURE_CLIENT_SECRET = service.client_secret }

local function getenv(name) return environment[name] end

local function client(given)
  local store = given.store
  local own, err = settings.read(given, getenv, { store = store, clock = clock })
  if not own then return nil, err end
  return clients.new(own, { engine = engine, clock = clock, host = require "mde.host.plain",
                                random = random_numbers.new(7), store = store })
end

local function others(own, table) return setmetatable(own, { __index = table }) end

local SILENT = { write = function(self) return self end, flush = function(self) return self end }

local function given(is_silent)
  local own = others({
    clock = clock, getenv = getenv, mde = others({ client = client }, real.mde),
    date = function(format, seconds)
      return os.date("!" .. format:gsub("%%Z", "UTC"), seconds or clock.wall() // 1 | 0)
    end,
    file = others({ boot = clock.boot }, real.file),
    process = others({ who = function() return "dana", "soc1" end,
                       pid = function() return 4711 end }, real.process),
  }, real)
  if is_silent then
    own.stdout, own.stderr = SILENT, SILENT
    own.terminal = others({ is_terminal = function() return false end,
                            flush = function() return true end }, real.terminal)
  end
  return own
end

local words, status = {}, 0
local function run()
  local is_silent = words[1] == "-"
  if is_silent then table.remove(words, 1) end
  status = program(words, given(is_silent))
  words = {}
end

debug.sethook()  -- the command handles Ctrl-C
for i = 2, #arg do
  if arg[i] == ";" then run() else words[#words + 1] = arg[i] end
end
run()
os.exit(status)
