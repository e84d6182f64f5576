-- mde: cancels Microsoft Defender for Endpoint machine actions.
--
--   local mde = require "mde"
--   local client = assert(mde.client())
--   local action, verdict = client:cancel(id, { comment = "by mistake" })
--
-- What a client can do: mde.client (the methods under "Operations"). Errors:
-- mde.errors. Verdicts: mde.verdict.

local client = require "mde.client"
local clock = require "mde.clock"
local core = require "mde.core"
local plain = require "mde.host.plain"
local settings = require "mde.settings"
local version = require "mde.version"

local mde = { _VERSION = "mde " .. version }

-- One engine and one store serve every client of this Lua state: connections, the
-- trusted certificates and the quota are shared.
local engine
local store = require "mde.store.memory".new()

-- The microseconds of the clock spread the pauses of many processes well enough.
local function random()
  return clock.system.monotonic() * 1e6 % 1000 / 1000
end

-- Makes a client. `options`: see mde.settings; what they leave out comes from the
-- environment (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET,
-- AZURE_AUTHORITY_HOST, MDE_API_URL, or MDE_TOKEN). Nothing is sent yet.
-- -> client | nil, err
function mde.client(options)
  local read, err = settings.read(options or {}, os.getenv)
  if not read then return nil, err end
  if not engine then
    engine, err = core.engine()
    if not engine then return nil, require "mde.errors".new(err) end
  end
  return client.new(read, { engine = engine, clock = clock.system, host = plain, random = random,
                            store = store })
end

-- Lets the clients made from now on keep what outlives a call elsewhere than in memory
-- (contract 5 of doc/architecture.md).
function mde.use(another)
  store = another
end

return mde
