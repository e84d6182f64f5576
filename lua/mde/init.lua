-- mde: cancels Microsoft Defender for Endpoint machine actions.
--
--   local mde = require "mde"
--   local client = assert(mde.client())
--   local action, verdict = client:cancel(id, { comment = "by mistake" })
--
-- doc/reference.md describes clients, errors and verdicts.

-- Explains the error if mde.core was built for another Lua than this one.
local function check_build()
  local loaded, problem = pcall(require, "mde.core")
  if loaded then return end
  problem = tostring(problem)
  local is_alien = problem:find "undefined symbol" or problem:find "[Ss]ymbol not found"
                   or problem:find "version mismatch" or problem:find "incompatible"
  if not is_alien then error(problem, 0) end
  local is_jit = rawget(_G, "jit") ~= nil
  local here = is_jit and "luajit" or _VERSION:match "%S+$"
  error(("mde: %s was built for another Lua than this one, %s: run `make LUA=%s`, and put"
    .. " that build's lib/lua/%s/?.so first in LUA_CPATH (%s)"):format(
    problem:match "file '([^']+)'" or "mde.core", is_jit and "LuaJIT" or _VERSION, here, here,
    problem), 0)
end

check_build()

local client = require "mde.client"
local core = require "mde.core"
local duration = require "mde.base.duration"
local errors = require "mde.base.errors"
local hosts = require "mde.host"
local isolation = require "mde.client.isolation"
local settings = require "mde.config.options"
local system = require "mde.base.system"
local tables = require "mde.base.tables"
local version = require "mde.base.version"

---@class mde.secret
---@field reveal fun(self: mde.secret): string its text; a secret itself prints as <secret>

local mde = { _VERSION = "mde " .. version }

-- The microseconds of the clock are random enough to spread the pauses of many processes.
local function random()
  return system.clock.monotonic() * 1e6 % 1000 / 1000
end

-- One engine and one store serve every client of this Lua state, so that clients share
-- connections, trusted certificates and quota. They are made on first use. -> engine, store | nil,
-- err
local function shared(given)
  local kept = system.shared
  if not (kept.store or given) then
    local made, err = hosts.store()
    if not made then return nil, err end
    kept.store = made
  end
  if not kept.engine then
    local made, err = system.new_engine()
    if not made then return nil, errors.new(err) end
    kept.engine = made
  end
  return kept.engine, given or kept.store
end

-- -> client | nil, err
local function new(options, getenv)
  local host, err = hosts.choose(options.host)
  if not host then return nil, err end
  local carrier, kept = shared(options.store)
  if not carrier then return nil, kept end
  local read
  local clock = system.clock
  read, err = settings.read(options, getenv, { store = kept, clock = clock, host = host })
  if not read then return nil, err end
  return client.new(read, { engine = carrier, clock = clock, host = host, random = random,
                            store = kept })
end

-- The environment for a profile's client: without credentials and without MDE_API_URL.
local function without_sign_in(name)
  if name:find "^AZURE_" or name == "MDE_TOKEN" or name == "MDE_API_URL" then return nil end
  return system.getenv(name)
end

-- A client of a profile (an element of config.select's result). `options` take precedence.
local function of_profile(profile, options)
  local merged = tables.merged(profile.options, options)
  merged.profile, merged.profiles, merged.all, merged.config = nil, nil, nil, nil
  local host, err = hosts.choose(merged.host)
  local may_run = options.client_secret or options.run_secret_command == true
  if host and host.is_shared ~= false and profile.runs_program and not may_run then
    return errors.invalid("profiles.%s: secret_command would stop everything else in this process"
      .. " while it runs: use secret_file, or give mde.client a client_secret, or"
      .. " run_secret_command = true", profile.name)
  end
  local made
  if host then made, err = new(merged, without_sign_in) end
  if made then
    made.profile = profile.name
    return made
  end
  err.message = ("profiles.%s: %s"):format(profile.name, err.message)
  return nil, err
end

-- -> array of profiles | nil, err
local function select(wanted, path)
  local config = require "mde.config.profiles"
  local loaded, err = config.load(path)
  if not loaded then return nil, err end
  return config.select(loaded, wanted)
end

--- Makes a client: one application in one tenant. Missing options come from the environment
--- (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and others, MDE_TOKEN, MDE_API_URL,
--- MDE_QUOTA). With `profile` they come from the configuration file, and no credential comes
--- from the environment. Sends nothing.
---
---     local client = assert(mde.client { profile = "contoso" })
---@param options? mde.options
---@return mde.client? client
---@return mde.error? err
function mde.client(options)
  options = options or {}
  errors.check_keys("mde.client", options, settings.known)
  local profile = options.profile
  if profile == nil then return new(options, system.getenv) end
  if type(profile) ~= "table" then
    local chosen, err = select(tostring(profile), options.config)
    if not chosen then return nil, err end
    if chosen[2] then
      return errors.invalid("profile: '%s' matches several profiles: name one, or use mde.clients",
        profile)
    end
    profile = chosen[1]
  end
  return of_profile(profile, options)
end

--- Makes a client for each of several profiles of the configuration file, in the order of their
--- names. `client.profile` is the profile's name. Does not sign in yet.
---
---     for _, client in ipairs(assert(mde.clients { profiles = "emea-*" })) do print(client.profile) end
---@param options mde.options|{profiles?: string|string[], all?: true} `profiles` is "emea-*", "a,b" or an array; other options take precedence over the profiles'
---@return mde.client[]? clients
---@return mde.error? err
function mde.clients(options)
  local known = { profiles = true, all = true }
  for key in pairs(settings.known) do known[key] = key ~= "profile" or nil end
  errors.check_keys("mde.clients", options or {}, known)
  local wanted = options and (options.all or options.profiles)
  if type(wanted) ~= "string" and type(wanted) ~= "table" and wanted ~= true then
    return errors.invalid("mde.clients: no profile given: add profiles = \"emea-*\" or all = true")
  end
  local list, err = select(wanted, options.config)
  if not list then return nil, err end
  for i, profile in ipairs(list) do
    list[i], err = of_profile(profile, options)
    if not list[i] then return nil, err end
  end
  return list
end

--- Sets the store of quota and tokens for clients made from now on.
---@param another mde.store
function mde.use(another)
  system.shared.store = another
end

--- Which machines these actions have isolated, or may yet: what client:isolated tells of the whole
--- history, for actions that you have read.
---@param actions mde.action[] the newest first, as client:list gives them
---@param state? "isolated"|"restricted" default "isolated"
---@return mde.isolated[] rows the latest first
function mde.isolated(actions, state)
  local fold = isolation.fold(state or "isolated")
  for i = #actions, 1, -1 do fold:add(actions[i]) end
  return fold:rows()
end

--- Checks the arguments of an operation, and sends nothing.
---
---     assert(mde.check("cancel", { id = id, comment = "INC0048211" }))
---@param operation string such as "cancel", "isolate" or "scan"
---@param arguments table<string, any> as the service names them
---@return true? good
---@return mde.error? err what is wrong with which argument
function mde.check(operation, arguments)
  local request, err = core.operation.encode(operation, arguments)
  if request then return true end
  return nil, errors.new(err)
end

--- The seconds of a duration.
---@param value string|number text such as "90s", "4h" or "1d12h", or seconds
---@return number? seconds
---@return string? problem
function mde.seconds(value) return duration.parse(value) end

--- A duration for people, in at most two units: "3d 4h", "12m 5s".
---@param seconds number
---@return string
function mde.duration(seconds) return duration.text(seconds) end

--- Keeps a text so that it prints as <secret>, is erased when it is collected, and compares with
--- another secret in constant time.
---@param text string
---@return mde.secret
function mde.secret(text) return core.secret(text) end

--- The HMAC of a text with SHA-256, to verify signed requests.
---@param key string|mde.secret
---@param text string
---@return string code 32 bytes
function mde.hmac_sha256(key, text) return core.hmac_sha256(key, text) end

--- Makes an error like those of the library. A store, or the record of a batch, raises one with
--- the code "store" to stop the calls that it could not write down.
---@param fields {code: mde.error_code, message: string}
---@return mde.error
function mde.error(fields) return errors.new(fields) end

return mde
