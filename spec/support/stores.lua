-- Opens empty stores of each kind, for suites that run against all of them.
--
--   stores.prepare "sqlite"; local store = stores.open "process 1"; …; stores.clean()

local clocks = require "mde.simulator.clock"
local postgresql = require "spec.support.postgresql"
local sqlite = require "mde.store.sql.sqlite"

local stores = {}

local kind, folder, server, dictionary, opened

local OPEN = {
  memory = function(holder) return sqlite.open(nil, stores.clock, holder) end,
  sqlite = function(holder) return sqlite.open(folder, stores.clock, holder) end,
  postgresql = function(holder)
    return require "mde.store.sql.postgresql".open(server.url, stores.clock, holder)
  end,
  nginx = function() return require "mde.store.nginx".new(dictionary) end,
}

-- A clean place for stores of this kind; `stores.clock` is theirs, `stores.folder` where
-- they are.
function stores.prepare(of)
  kind, opened, stores.clock = of, {}, clocks.new()
  if kind == "sqlite" then
    folder = os.tmpname()
    os.remove(folder)
  elseif kind == "postgresql" then
    server = server or postgresql.start()
    server:psql "DROP SCHEMA IF EXISTS mde CASCADE"
    stores.clock = require "mde.base.clock".system  -- the server's time is real
  elseif kind == "nginx" then
    dictionary = require "spec.support.dictionary"(stores.clock)
  end
  stores.folder = folder
end

-- A store there for the process called `holder`.
function stores.open(holder)
  opened[#opened + 1] = OPEN[kind](holder)
  return opened[#opened]
end

-- A store of a kind that needs nothing that was prepared: "memory" or "nginx"; or one there.
function stores.portable(of)
  if of == "memory" then return require "mde.store.memory".new() end
  if of == "nginx" then stores.prepare "nginx" end
  return stores.open "a"
end

-- Runs statements as another session of the PostgreSQL server.
function stores.psql(statements)
  return server:psql(statements)
end

-- Closes one, as the end of its process does.
function stores.close(store)
  for i, other in ipairs(opened) do
    if other == store then table.remove(opened, i) end
  end
  store:close()
end

function stores.clean()
  for _, store in ipairs(opened) do store:close() end
  if folder then os.execute("rm -rf " .. folder) end
  folder = nil
end

-- Ends the server, if there is one.
function stores.stop()
  if server then server:stop() end
  server = nil
end

return stores
