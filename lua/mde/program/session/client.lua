-- The client that a command works with: configured by a profile or the environment, and by
-- the options that all commands share.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local selection = require "mde.program.session.profiles"
local system = require "mde.program.system"

local client = {}

-- One line a request. Neither headers nor bodies, which hold the secrets.
local function show(record)
  output.note("%s %s%s %s %s %.0f ms%s", record.method, record.host, record.path,
    record.status or "-", record.request_id or "-", record.seconds * 1000,
    record.error and ": " .. tostring(record.error) or "")
end

-- What `options` (of the command line) mean for mde.client, in front of `settings`: what outlives
-- a call is kept in their store.
function client.settings(options, settings)
  local merged = {}
  for name, value in pairs(settings or {}) do merged[name] = value end
  if options.timeout then merged.timeout = options.timeout end
  merged.on_notice = merged.on_notice or require "mde.program.terminal.notice".show
  if options.verbose then merged.on_request = show end
  merged.store = require "mde.program.session.store".open(options)
  return merged
end

-- -> client of one profile, or (without one) of the environment; raises what hinders
local function connect(options, settings, profile)
  settings = client.settings(options, settings)
  settings.profile = profile
  return failure.check(system.mde.client(settings))
end

-- The client of a command that works in one tenant, and changes nothing if options.reads_only.
-- -> client; raises what hinders
function client.connect(options, settings)
  local profile = selection.one(options)
  system.state.profile = profile and profile.name
  return connect(options, settings, profile)
end

local LONGEST = 600  -- seconds that a command which only reads waits for the service

-- Adds the option that says how long it waits.
function client.define_deadline(command, description)
  require "mde.program.input.options".add(command, "--deadline", "TIME", description
    or "Give up after this long. Default: 10m.", require "mde.program.input.options".duration)
end

-- Bounds how long a client waits that only reads, by the options of its command. -> the client
function client.bounded(session, options)
  session.ends_at = session.clock.monotonic() + (options.deadline or LONGEST)
  return session
end

-- Signs in, so that the session has the application of its token, and notes by which name it
-- was configured. Raises if it may not sign in.
function client.identify(session)
  failure.check(session:sign_in())
  session.store.journal:note_alias(session.configured, session.application)
end

-- What a command does that reads in one tenant or many: read(client) reads, several tenants
-- at the same time, and tell(profile's name, what that returned) shows, one after the other.
-- A tenant that fails is reported and stops no other. Where the command line can mean one
-- tenant only, the name is nil and a failure is raised.
-- -> a function(read, tell) that returns the exit status; whether it may be many tenants
function client.reader(options)
  options.reads_only = true
  local chosen, many = selection.chosen(options)
  return function(read, tell)
    if many then
      return require "mde.program.session.tenants".each(chosen, function(profile)
        return client.bounded(connect(options, nil, profile), options)
      end, read, tell)
    end
    system.state.profile = chosen and chosen[1].name
    tell(nil, read(client.bounded(connect(options, nil, chosen and chosen[1]), options)))
    return 0
  end, many
end

return client
