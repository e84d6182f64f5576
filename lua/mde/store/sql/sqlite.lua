-- The store in SQLite: a user's folder, shared by processes of one machine.
--
--   mde.db      windows and journal; mode 0600, write-ahead log, every commit on the disk
--               before it returns (synchronous=FULL), so that neither a killed process nor
--               a power failure undoes a commit
--   tokens.db   access and refresh tokens, in a file of their own, so that you can share the
--               journal; not used if other users can read it
--   held/       a lock file for each batch that is or was running
--
-- Lua 5.4, for the program only. Time is the machine's monotonic clock (which continues during
-- sleep) plus a shift that all processes share until a reboot. It never steps, even if the wall
-- clock does. Write-ahead logs do not work on network file systems.

local common = require "mde.store.sql.common"
local content = require "mde.base.content"
local database = require "mde.store.sql.database"
local errors = require "mde.base.errors"
local system = require "mde.base.system"
local journal = require "mde.store.sql.journal"
local locks = require "mde.store.sql.batch_lock"
local schema = require "mde.store.sql.schema"
local tokens = require "mde.store.sql.tokens"

local sqlite = {}

local Store = { windows = common.windows, commit = common.commit, rollback = common.rollback }
Store.__index = Store

local MEMORY = ""  -- SQLite's name for a private database, in a temporary file once it is large
local WRITER = 120  -- byte of mde.db-shm that a writing process locks

local function fail(what, path, problem)
  error(errors.new { code = "store", message = ("the store: cannot %s %s: %s. Set XDG_STATE_HOME to"
    .. " another folder, or use --store memory"):format(what, path, problem) }, 0)
end

local DAMAGED = ": it is damaged. Move it away (a new one is made), or use --store memory"

local ADVICE = {
  { "malformed", DAMAGED }, { "not a database", DAMAGED },
  { "disk is full", ": free some space" },
  { "readonly", ": it can't be written; allow writing, or use --store memory" },
  { "unable to open", ": it can't be opened; check its rights, or use --store memory" },
}

local function advice(reason)
  for _, pair in ipairs(ADVICE) do
    if reason:find(pair[1], 1, true) then return pair[2] end
  end
end

-- True if another process has locked the database.
local function is_busy(reason)
  return tostring(reason):find("locked", 1, true) ~= nil
end

-- Returns the process that writes a database: "sqlite3, pid 4711 on soc1", or nil if unknown.
local function writer(path, holder)
  local pid = system.file.holder(path .. "-shm", WRITER)
  if not pid then return nil end
  local command = (content.read(("/proc/%d/comm"):format(pid)) or "a process"):match "[^\n]*"
  local host = holder:match "@(%S+) pid "
  return ("%s, pid %d%s"):format(command, pid, host and " on " .. host or "")
end

-- Raises if the database file was removed or replaced: writes to it would be lost.
local function check_file(self)
  if system.file.identity(self.name) == self.identity then return end
  error(errors.new { code = "store", message = ("the store %s was removed or replaced while it"
    .. " was open"):format(self.name) }, 0)
end

-- Opens a database of mode 0600. SQLite's additional files get the same mode. `is_alone`: without the
-- file that processes share, which a full disk has no room for.
local function open(path, clock, holder, world, is_alone)
  if path ~= MEMORY then
    local made, problem = system.file.log(path)
    if not made then fail("open", path, problem) end
    made:close()
  end
  local opened = database.open({ name = path, begin_sql = "BEGIN IMMEDIATE", advice = advice,
    is_local = true, is_busy = is_busy, clock = clock, world = world,
    holder = function() return writer(path, holder) end,
    identity = path ~= MEMORY and system.file.identity(path) or nil,
    check = path ~= MEMORY and check_file or nil }, "SQLite3", path)
  opened:once "PRAGMA busy_timeout=0"  -- mde.store.sql.waiting waits
  if is_alone then opened:once "PRAGMA locking_mode=EXCLUSIVE" end
  opened:once "PRAGMA journal_mode=WAL"
  opened:once "PRAGMA synchronous=FULL"
  return opened
end

-- Raises if other users can read or write the tokens: they may have been read.
local function check_private(path)
  local mode = system.file.mode(path)
  if not mode or mode % 64 == 0 then return end
  error(errors.new { code = "store", message = ("the store: other users can read or write %s (mode"
    .. " %o), which has your sign-in. Remove it, and sign in again"):format(path, mode) }, 0)
end

-- -> tokens, sessions
local function open_tokens(self, folder, clock, holder)
  local path = folder .. "/tokens.db"
  for _, ending in ipairs { "", "-wal" } do check_private(path .. ending) end
  return tokens.new(function() return open(path, clock, holder, { limit = 5 }) end,
    function() return self:now() end)
end

-- Time

-- Returns the shift since this boot: the one that another process has stored, or a new one. A new
-- shift makes the store's time that of the wall clock, but later than every stored moment.
local function find_shift(self, boot)
  return self.database:atomically(function()
    local known = boot and self.database:row("SELECT shift FROM boots WHERE boot = ?", boot)
    if known then return known end
    local latest = self.database:row "SELECT max(at) FROM slots" or 0
    local shift = math.max(self.clock.wall() - self.clock.monotonic(), latest)
    if boot then
      self.database:run "DELETE FROM boots"
      self.database:run("INSERT INTO boots (boot, shift) VALUES (?, ?)", boot, shift)
    end
    return shift
  end)
end

-- Returns the store's time in seconds, for comparisons.
function Store:now()
  return self.clock.monotonic() + self.shift
end

-- Returns the seconds since a moment of the store's time, or nil if the machine was rebooted since
-- then: only the wall clock would know.
function Store:age(moment)
  if self.is_timed and moment > self.shift then return self:now() - moment end
end

-- Returns the time to show, which is never compared.
function Store:wall()
  return self.clock.wall()
end

-- Does nothing: a transaction already keeps other processes out.
function Store:lock() end

-- Returns the name of the process in a lock file.
local function holder_of(path)
  local text = content.read(path) or ""
  return text ~= "" and text or "another process"
end

-- See mde.store.sql.batch. `only_look` takes a shared lock, to see if a process runs the batch.
function Store:hold(batch, only_look)
  if not self.folder then return locks.new(function() end) end
  local path = ("%s/held/%d"):format(self.folder, batch.number)
  local lock, problem = system.file.lock(path, only_look and "shared" or nil)
  if lock then
    if not only_look then lock:write(self.holder) end
    return lock
  end
  if lock == nil then fail("lock", path, problem) end
  return nil, holder_of(path)
end

-- Returns the first of these batches that no process runs, and its lock; or nil.
function Store:take(batches)
  for _, batch in ipairs(batches) do
    local lock = self:hold(batch)
    if lock then return batch, lock end
  end
end

function Store:close()
  if self.tokens then self.tokens:close() end
  self.database:close()
end

-- Ends the use of the store and leaves the write-ahead log, as a killed process does. `close` copies
-- it into mde.db and removes it: two syncs of the disk, and two more when the next process makes a
-- new one. SQLite itself copies it every 1000 pages.
function Store:leave()
  if self.tokens then self.tokens:close() end
  debug.setmetatable(self.database.connection, nil)  -- so that nothing closes it
  self.database.connection = nil
end

-- Opens the store in `folder`, which is created if needed, or without a folder a store in memory.
-- `clock`: see mde.base.clock; also boot() -> an id of this boot, or nil. `holder`: a unique text that
-- names this process. `world`: see mde.store.sql.database. `is_alone`: other processes can't use it
-- meanwhile. Raises the error (code "store").
function sqlite.open(folder, clock, holder, world, is_alone)
  for _, path in ipairs(folder and { folder, folder .. "/held" } or {}) do
    local made, problem = system.file.make_folder(path)
    if not made then fail("use", path, problem) end
  end
  local path = folder and folder .. "/mde.db" or MEMORY
  local self = setmetatable({
    name = folder and path or "memory", folder = folder, clock = clock, holder = holder,
    by_application = {}, world = world,
    database = open(path, clock, holder, world, is_alone),
  }, Store)
  if folder then self.tokens, self.sessions = open_tokens(self, folder, clock, holder) end
  self.database:atomically(schema.update, self.database)
  local boot = clock.boot()
  self.is_timed = boot ~= nil or folder == nil
  self.shift = find_shift(self, boot)
  self.journal = journal.new(self)
  return self
end

return sqlite
