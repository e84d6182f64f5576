-- Values for completions: profiles, batches, open actions, their machines and requestors.
--
-- Open actions are read from the service in at most 2 s, and kept for a minute in a file of the state
-- folder. Errors are not shown: then nothing is offered.

local cjson = require "cjson"
local client = require "mde.program.session.client"
local core = require "mde.core"
local kinds = require "mde.service.kinds"
local selection = require "mde.program.session.profiles"
local short_ids = require "mde.program.terminal.short_ids"
local states = require "mde.program.batch.state"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"

local known = {}

local LONGEST = 2         -- seconds that reading may take
local VALID = 60          -- seconds
local MOST = 1000         -- actions
local LARGEST = 1048576   -- bytes of the file

-- Open actions

local function path() return stores.folder() .. "/completion.json" end

-- Returns a hash of what chooses the tenant.
local function key_of(options)
  local parts = { options.profile or "" }
  for i, name in ipairs { "MDE_PROFILE", "MDE_CONFIG", "AZURE_TENANT_ID", "AZURE_CLIENT_ID",
                          "MDE_TOKEN", "MDE_API_URL", "MDE_CLOUD" } do
    parts[i + 1] = system.getenv(name) or ""
  end
  return core.sha256(table.concat(parts, "\n"))
end

-- -> { key, at, actions } | nil
local function kept(key)
  local text = system.file.text(path(), LARGEST)
  local done, entry = pcall(cjson.decode, text or "")
  return done and type(entry) == "table" and entry.key == key and entry or nil
end

local function read(options)
  local session = client.connect({ profile = options.profile, store = options.store,
    cloud = options.cloud, reads_only = true, command = "completion" },
    { on_notice = function() end })
  session.ends_at = session.clock.monotonic() + LONGEST
  local actions = {}
  for i, action in ipairs(assert(session:list { status = kinds.open, limit = MOST })) do
    actions[i] = { id = action.id, type = action.type, status = action.status,
                   machine = action.computerDnsName, requestor = action.requestor }
  end
  session:close()
  return actions
end

-- -> array of { id, type, status, machine, requestor }
local function actions_of(options)
  local key, now = key_of(options), system.now()
  local entry = kept(key)
  if entry and entry.at <= now and now < entry.at + VALID then return entry.actions end
  local done, actions = pcall(read, options)
  if not done then actions = entry and entry.actions or {} end
  pcall(system.file.replace, path(), cjson.encode { key = key, at = now, actions = actions })
  return actions
end

-- Returns { value, about } of each value of a field, once.
local function each_once(actions, field)
  local list, seen = {}, {}
  for _, action in ipairs(actions) do
    local value = action[field]
    if type(value) == "string" and not seen[value] then
      seen[value], list[#list + 1] = true, { value }
    end
  end
  return list
end

-- Open actions by the first digits of their ids; by whole ids with --yes.
function known.actions(options)
  local actions, ids = actions_of(options), {}
  for i, action in ipairs(actions) do ids[i] = action.id end
  local short, list = options.yes and {} or short_ids.of(ids), {}
  for i, action in ipairs(actions) do
    list[i] = { short[action.id] or action.id, ("%s %s %s"):format(action.type or "?",
      action.status or "?", action.machine or "?") }
  end
  return list
end

-- Machines of open actions, by name.
function known.machines(options) return each_once(actions_of(options), "machine") end

function known.requestors(options) return each_once(actions_of(options), "requestor") end

function known.profiles()
  local list = {}
  for i, profile in ipairs(selection.all()) do
    list[i] = { profile.name, profile.options.tenant or "" }
  end
  return list
end

-- Batches, the newest first.
function known.batches(options)
  local batches, list = stores.open({ store = options.store, reads_journal = true })
    .journal:batches(), {}
  for i = #batches, 1, -1 do
    local batch = batches[i]
    local state, done = states.of(batch)
    list[#list + 1] = { batch.name, ("%s, %d of %d: %s"):format(state, done, batch.count,
      batch.comment or "") }
  end
  return list
end

return known
