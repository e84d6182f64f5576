-- The client that a command works with: configured by a profile or the environment, and by
-- the options that all commands share.

local errors = require "mde.errors"
local failure = require "mde.cli.failure"
local output = require "mde.cli.output"
local profiles = require "mde.cli.selection"

local client = {}

-- One line a request. Neither headers nor bodies, which hold the secrets.
local function show(record)
  output.note("%s %s%s %s %s %.0f ms%s", record.method, record.host, record.path,
    record.status or "-", record.request_id or "-", record.seconds * 1000,
    record.error and ": " .. tostring(record.error) or "")
end

-- What `options` (of the command line) mean for mde.client, in front of `settings`.
function client.settings(options, settings)
  local merged = {}
  for name, value in pairs(settings or {}) do merged[name] = value end
  if options.timeout then merged.timeout = options.timeout end
  if options.verbose then merged.on_request = show end
  return merged
end

-- The module mde whose clients keep what outlives a call in the store of `options`.
function client.module(options)
  local mde = require "mde"
  mde.use(require "mde.cli.store".open(options))
  return mde
end

-- -> client of one profile, or (without one) of the environment; raises what hinders
local function connect(options, settings, profile)
  settings = client.settings(options, settings)
  settings.profile = profile
  return failure.check(client.module(options).client(settings))
end

-- The client of a command that works in one tenant. -> client; raises what hinders
function client.connect(options, settings)
  return connect(options, settings, profiles.one(options))
end

-- Whether a failure is one tenant's, and no reason to stop.
local function is_tenants(raised)
  return errors.is(raised) and raised.code ~= "store"
end

-- Calls f(client, profile's name) for each profile. -> exit status
local function call_each(options, chosen, f)
  local status = 0
  for _, profile in ipairs(chosen) do
    local done, raised = pcall(function()
      local session = connect(options, nil, profile)
      f(session, profile.name)
      session:close()
    end)
    if not done and not is_tenants(raised) then error(raised, 0) end
    if not done then
      output.note("mde: %s: %s", profile.name, tostring(raised))
      status = failure.some
    end
  end
  return status
end

-- The clients of a command that reads in one tenant or many. -> a function, whether the
-- command line could mean many. The function calls f(client, name of its profile) for each
-- tenant, one after the other, and returns the exit status: a tenant that fails is reported
-- and stops no other. Where only one can be meant, the name is nil and a failure is raised.
function client.sessions(options)
  local chosen, many = profiles.chosen(options)
  return function(f)
    if many then return call_each(options, chosen, f) end
    f(connect(options, nil, chosen and chosen[1]))
    return 0
  end, many
end

return client
