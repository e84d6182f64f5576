-- A store for several machines that share an application: windows and journal in
-- PostgreSQL, in the schema `mde` of its database. Never tokens. Lua 5.4, for the
-- program alone.
--
-- Time is the server's (clock_timestamp()), asked anew in each transaction that reads
-- the windows. Who holds a batch has an advisory lock, which ends with its connection.

local common = require "mde.store.common"
local database = require "mde.store.database"
local journal = require "mde.store.journal"
local locks = require "mde.store.lock"
local schema = require "mde.store.schema"

local postgresql = {}

local Store = { windows = common.windows, commit = common.commit, rollback = common.rollback }
Store.__index = Store

-- The first of the two numbers that name our advisory locks: anything of our own.
local LOCKS, HOLDS = 1835296101, 1835296104

function Store:now()
  return self.clock.monotonic() + self.shift
end

Store.wall = Store.now

-- Seconds since a moment of the store's time, at most: its answer took some time to come.
function Store:age(moment)
  return self:now() - moment + self.delay
end

-- Keeps out those who ask for the same name, until the transaction ends.
function Store:lock(name)
  local began = self.clock.monotonic()
  local now = self.database:row([[
    SELECT extract(epoch FROM clock_timestamp())::double precision
    FROM (SELECT pg_advisory_xact_lock(?::integer, hashtext(?))) AS taken]], LOCKS, name)
  local ended = self.clock.monotonic()
  self.shift, self.delay = now - ended, ended - began
end

-- Who holds a batch: the name that its connection goes by.
local function holder_of(self, batch)
  return self.database:row([[
    SELECT activity.application_name FROM pg_locks AS held
    JOIN pg_stat_activity AS activity USING (pid)
    WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 2
    AND held.classid::bigint = ? AND held.objid::bigint = ?
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())]],
    HOLDS, batch.number)
end

-- See mde.store.batch.
function Store:hold(batch, only_look)
  local holder = holder_of(self, batch)
  if holder then return nil, holder ~= "" and holder or "another connection" end
  if only_look then return locks.new(function() end) end
  local taken = self.database:row("SELECT pg_try_advisory_lock(?::integer, ?::integer)", HOLDS,
    batch.number)
  if not taken then return nil, "another connection" end
  return locks.new(function()
    self.database:row("SELECT pg_advisory_unlock(?::integer, ?::integer)", HOLDS, batch.number)
  end)
end

-- The next of these batches that nobody holds or is about to, and its lock; nil if there
-- is none.
function Store:take(batches)
  for _, batch in ipairs(batches) do
    local lock = self.database:atomically(function()
      local free = self.database:row(
        "SELECT number FROM batches WHERE number = ? FOR UPDATE SKIP LOCKED", batch.number)
      return free and self:hold(batch)
    end)
    if lock then return batch, lock end
  end
end

function Store:close()
  self.database:close()
end

-- A URL for messages: without what may have the password.
local function shown(url)
  return (url:gsub("%?.*", ""):gsub("://.*@", "://…@"))
end

local function advice(reason)
  if reason:find "could not connect" or reason:find "connection" then
    return ": is it reachable, and are name and password right?"
  end
end

-- Opens the store at a URL (postgresql://…, as libpq has it). Raises what hinders.
function postgresql.open(url, clock, holder)
  local self = setmetatable({
    name = shown(url), clock = clock, holder = holder, by_application = {},
    database = database.open({ name = shown(url), begin_sql = "BEGIN", advice = advice },
      "PostgreSQL", url),
  }, Store)
  local connection = self.database
  connection:once "SET client_min_messages TO warning"
  connection:row("SELECT set_config('application_name', ?, false)", holder:sub(1, 63))
  connection:once "SET search_path TO mde, pg_catalog"
  connection:atomically(function()
    connection:row("SELECT pg_advisory_xact_lock(?::integer, 0)", LOCKS)
    connection:once "CREATE SCHEMA IF NOT EXISTS mde"
    schema.update(connection)
  end)
  connection:atomically(function() self:lock "time" end)
  self.journal = journal.new(self)
  return self
end

return postgresql
