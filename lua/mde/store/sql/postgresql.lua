-- The store in PostgreSQL: windows and journal shared by several machines.
--
-- It uses the schema `mde` of the database and stores no tokens. Lua 5.4, for the program only.
-- Time is the server's (clock_timestamp()), read in each transaction that reads the windows. The
-- process that runs a batch has an advisory lock, which ends with its connection.

local common = require "mde.store.sql.common"
local database = require "mde.store.sql.database"
local errors = require "mde.base.errors"
local journal = require "mde.store.sql.journal"
local locks = require "mde.store.sql.batch_lock"
local schema = require "mde.store.sql.schema"
local system = require "mde.base.system"

local postgresql = {}

local Store = { windows = common.windows, commit = common.commit, rollback = common.rollback,
                recover = common.recover }
Store.__index = Store

-- First of the two numbers that identify our advisory locks; chosen at random.
local LOCKS, HOLDS = 1835296101, 1835296104

function Store:now()
  return self.clock.monotonic() + self.shift
end

Store.wall = Store.now

-- Returns the most seconds since a moment of the store's time, including the delay of its answer.
function Store:age(moment)
  return self:now() - moment + self.delay
end

-- Returns the name of a process as the server stores it.
local function session_name(holder)
  return holder:sub(1, 63)
end

-- Returns the name of the connection that has an advisory lock.
local function name_of(connection, class, object)
  return connection:row([[
    SELECT activity.application_name FROM pg_locks AS held
    JOIN pg_stat_activity AS activity USING (pid)
    WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 2
    AND held.classid::bigint = ? AND held.objid::bigint = ?
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())]],
    class, object)
end

local TRY = [[
  SELECT taken, extract(epoch FROM clock_timestamp())::double precision,
    (hashed::bigint & 4294967295)::text
  FROM (SELECT pg_try_advisory_xact_lock(?::integer, hashtext(?)) AS taken,
    hashtext(?) AS hashed) AS tried]]

-- Locks a name until the transaction ends. Polls the server, since no signal interrupts a statement
-- that waits there.
function Store:lock(name)
  local connection, clock, waiting = self.database, self.clock, nil
  while true do
    local began = clock.monotonic()
    local taken, now, hashed = connection:row(TRY, LOCKS, name, name)
    local ended = clock.monotonic()
    self.shift, self.delay = now - ended, ended - began
    if taken then break end
    waiting = waiting or connection:patience(function()
      return (name_of(connection, LOCKS, tonumber(hashed)) or ""):match "^(.-) *%(?%x*%)?$"
    end)
    waiting:rest()
  end
  if waiting then waiting:finish() end
end

local function fail(self, format, ...)
  error(errors.new { code = "store", message = ("the store %s: "):format(self.name)
    .. format:format(...) }, 0)
end

local function try_hold(self, batch)
  return self.database:row("SELECT pg_try_advisory_lock(?::integer, ?::integer)", HOLDS,
    batch.number)
end

-- See mde.store.sql.batch.
function Store:hold(batch, only_look)
  local holder = name_of(self.database, HOLDS, batch.number)
  if holder then return nil, holder ~= "" and holder or "another connection" end
  if only_look then return locks.new(function() end) end
  if not try_hold(self, batch) then return nil, "another connection" end
  self.held[batch.number] = batch
  return locks.new(function()
    self.held[batch.number] = nil  -- a connection that is lost holds nothing
    pcall(self.database.row, self.database,
      "SELECT pg_advisory_unlock(?::integer, ?::integer)", HOLDS, batch.number)
  end)
end

-- Takes the lost session's batches in the new session. Raises if another process has run one; one
-- that was only closed has verdicts to record, of requests in flight.
-- -> true | false, reason: the server has not noticed the loss yet
local function hold_again(self)
  for _, batch in pairs(self.held) do
    if not try_hold(self, batch) then
      local holder = name_of(self.database, HOLDS, batch.number) or ""
      if holder == session_name(self.holder) then return false, "the old session has not ended" end
      fail(self, "the connection was lost, and %s now runs batch %s", holder, batch.name)
    end
    local runs = batch.runs and batch:run_count() - batch.runs or 0
    if runs > 1 or runs == 1 and not batch:was_closed() then
      fail(self, "the connection was lost, and another process continued batch %s", batch.name)
    end
  end
  return true
end

-- Returns the first of these batches that no process runs or is starting, and its lock; or nil.
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

Store.leave = Store.close

-- Returns a URL for messages, without the parts that may contain the password.
local function shown(url)
  if url:find "%?.*@" then return (url:gsub("://.*", "://…")) end
  return (url:gsub("%?.*", ""):gsub("://.*@", "://…@"))
end

-- Refused connections. LuaDBI loses the server's message; libpq is asked for it.

-- libpq's message, or the end of it -> what it means
local MEANINGS = {
  { 'role "(.-)" does not exist', "the role '%s' does not exist" },
  { 'database "(.-)" does not exist', "the database '%s' does not exist" },
  { 'password authentication failed for user "(.-)"',
    "the role '%s' or its password is wrong (PostgreSQL does not report which)" },
  { "no password supplied", "the server requires a password, and the URL has none" },
}

-- Hides what libpq quotes of a URL that it misreads: it may be of the password.
local function without_secrets(message, url)
  local word = url:match "://[^:@]*:(.*)@" or ""
  local secrets = word .. "\n" .. (url:match "password=([^&]*)" or "")
  return (message:gsub('"([^"]*)"', function(text)
    return (text:find "@" or secrets:find(text, 1, true)) and '"…"' or nil
  end))
end

-- Explains why the server at a URL does not accept a connection. -> text | nil
local function explain(url)
  local message = system.file.postgresql_problem and system.file.postgresql_problem(url)
  if not message then return nil end
  for _, row in ipairs(MEANINGS) do
    local name = message:match(row[1])
    if name then return (row[2]:format(name)) end
  end
  message = without_secrets(message, url):gsub("%s+$", ""):gsub("%s*\n%s*", ". ")
  return (message:gsub("^.*failed: ", ""):gsub("^FATAL: +", ""))
end

-- Opens the database; an error of the connection says what is missing.
local function connect(url, description)
  local done, opened = pcall(database.open, description, "PostgreSQL", url)
  if done then return opened end
  local text = errors.is(opened) and explain(url)
  if not text then error(opened, 0) end
  error(errors.new { code = "store", message = ("the store %s: %s"):format(shown(url), text) }, 0)
end

-- Timeouts that end a connection whose other side has vanished; the URL takes precedence.
local CONNECTION = {
  { "connect_timeout", 10 }, { "keepalives_idle", 10 }, { "keepalives_interval", 5 },
  { "keepalives_count", 3 }, { "tcp_user_timeout", 25000 },
}

local function with_limits(url)
  for _, pair in ipairs(CONNECTION) do
    if not url:find(pair[1] .. "=", 1, true) then
      url = url .. (url:find("?", 1, true) and "&" or "?") .. pair[1] .. "=" .. pair[2]
    end
  end
  return url
end

-- Session settings on the server, so that a vanished process, or one stopped in a transaction, loses
-- its session within 30 s. Older servers lack the last setting.
local SESSION = {
  "SET client_min_messages TO warning",
  "SET search_path TO mde, pg_catalog",
  "SET tcp_keepalives_idle TO 10",
  "SET tcp_keepalives_interval TO 5",
  "SET tcp_keepalives_count TO 3",
  "SET lock_timeout TO '30s'",
  "SET idle_in_transaction_session_timeout TO '20s'",
  "SET tcp_user_timeout TO '25s'",
}

local function set_up(connection, holder)
  for i, statement in ipairs(SESSION) do
    local done, raised = pcall(connection.once, connection, statement)
    if not done and i < #SESSION then error(raised, 0) end
  end
  connection:row("SELECT set_config('application_name', ?, false)", session_name(holder))
end

-- Opens the store at a libpq URL (postgresql://…). `world`: see mde.store.sql.database. Raises the
-- error.
function postgresql.open(url, clock, holder, world)
  local self = setmetatable({
    name = shown(url), clock = clock, holder = holder, by_application = {}, world = world,
    held = {},  -- batches of this process, by number
  }, Store)
  self.database = connect(with_limits(url), { name = shown(url), begin_sql = "BEGIN",
    clock = clock, world = world,
    restore = function(connection)
      set_up(connection, holder)
      return hold_again(self)
    end })
  local connection = self.database
  set_up(connection, holder)
  connection:atomically(function()
    self:lock "schema"
    connection:once "CREATE SCHEMA IF NOT EXISTS mde"
    schema.update(connection)
  end)
  connection:atomically(function() self:lock "time" end)
  self.journal = journal.new(self)
  return self
end

return postgresql
