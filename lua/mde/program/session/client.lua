-- Creates a command's client from profile, environment and shared options.

local failure = require "mde.program.exit"
local line = require "mde.program.terminal.line"
local output = require "mde.program.terminal.output"
local selection = require "mde.program.session.profiles"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

local client = {}

-- Shows one line per request, without headers and bodies, which contain secrets.
local function show(record)
  output.note("%s %s%s %s %s %.0f ms%s", record.method, record.host, record.path,
    record.status or "-", record.request_id or "-", record.seconds * 1000,
    record.error and ": " .. tostring(record.error) or "")
end

-- Returns the settings for mde.client: those of the command line's `options` take precedence over
-- `settings`.
function client.settings(options, settings)
  local merged = tables.merged(settings or {})
  if options.timeout then merged.timeout = options.timeout end
  merged.on_notice = merged.on_notice or require "mde.program.terminal.notice".show
  if options.verbose then merged.on_request = show end
  merged.store = require "mde.program.session.store".open(options)
  return merged
end

-- Returns the client of a profile, or without one of the environment. Raises the error.
local function connect(options, settings, profile)
  settings = client.settings(options, settings)
  settings.profile = profile
  settings.cloud = settings.cloud or require "mde.program.session.variables".cloud(options, profile)
  return failure.check(system.mde.client(settings))
end

-- Names the profile in messages, and passes its events on, from now on.
function client.use(profile)
  system.state.profile = profile and profile.name
  if profile and (profile.notify or system.state.notify) then
    require "mde.program.batch.notify".use(profile)
  end
end

-- Returns the client of a command that works in one tenant. options.reads_only: the command changes
-- nothing. Raises the error.
function client.connect(options, settings)
  local profile = selection.one(options)
  client.use(profile)
  return connect(options, settings, profile)
end

local LONGEST = 600  -- longest wait of a command that only reads, in seconds

-- Adds the option for the longest wait.
function client.define_deadline(command, description)
  require "mde.program.input.options".add(command, "--deadline", "TIME", description
    or "Give up after this long. Default: 10m.", require "mde.program.input.options".duration)
end

local NOUNS = { list = "actions", machines = "machines" }
local AFTER = 2  -- seconds
local observed = setmetatable({}, { __mode = "k" })

-- Shows at a terminal what a client reads, if that takes longer, until session.ends_at is nil.
local function show_reading(session)
  if observed[session] or not line.is_possible() then return end
  observed[session] = true
  local former, began, pages = session.on_request, session.clock.monotonic(), {}
  function session.on_request(record)
    if former then former(record) end
    local noun = session.ends_at and NOUNS[record.operation]
    if not noun or record.status ~= 200 then return end
    pages[noun] = (pages[noun] or 0) + 1
    if session.clock.monotonic() >= began + AFTER then
      line.show(("reading %s: page %d"):format(noun, pages[noun]))
    end
  end
end

-- Limits the wait of a client that only reads. -> the client
function client.bounded(session, options)
  session.ends_at = session.clock.monotonic() + (options.deadline or LONGEST)
  show_reading(session)
  return session
end

-- Signs in, so that the session has the application of its token, and records the configured name
-- of it. Raises if the sign-in fails.
function client.identify(session)
  failure.check(session:sign_in())
  session.store.journal:note_alias(session.configured, session.application)
end

-- Returns a function(read, tell) -> exit status, and true if there may be several tenants.
-- read(client) reads several tenants at the same time; tell(profile's name, results) shows them one
-- after the other. A tenant that fails is reported, and the others continue. With one tenant, the
-- name is nil and a failure is raised.
function client.reader(options)
  options.reads_only = true
  local chosen, many = selection.chosen(options)
  return function(read, tell)
    if many then
      return require "mde.program.session.tenants".each(chosen, function(profile)
        return client.bounded(connect(options, nil, profile), options)
      end, read, tell)
    end
    client.use(chosen and chosen[1])
    tell(nil, read(client.bounded(connect(options, nil, chosen and chosen[1]), options)))
    return 0
  end, many
end

return client
