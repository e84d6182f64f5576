-- The client that a command works with: configured by the environment, and by
-- the options that all commands share.

local failure = require "mde.cli.failure"
local output = require "mde.cli.output"

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

-- -> client; raises what hinders
function client.connect(options, settings)
  settings = client.settings(options, settings)
  return failure.check(client.module(options).client(settings))
end

return client
