-- Connects to an SQL database through LuaDBI, and keeps prepared statements.
--
-- Failures raise an error with the code "store". Numbers that may exceed 2^31 are DOUBLE PRECISION
-- in every table, since LuaDBI reads integers as 32 bits.
--
-- mde.store.sql.reconnection opens a lost connection again.

local core = require "mde.core"
local errors = require "mde.base.errors"
local portable = require "mde.store.sql.portable"
local reconnection = require "mde.store.sql.reconnection"
local waits = require "mde.store.sql.waiting"

local database = {}

local Database = { around = reconnection.around, close = reconnection.close,
                   connect = reconnection.connect, recover = reconnection.recover,
                   repeatedly = reconnection.repeatedly }
Database.__index = Database

-- Strips the text that LuaDBI, libpq and SQLite add around the reason.
local function reason(text)
  text = tostring(text):gsub("^Failed to connect to database: ", "")
    :gsub("^Execute failed:? *", ""):gsub("^Error [%a ]+: ", "")
  return (text:gsub("^ERROR: +", ""):gsub("\n.*", ""))
end

-- Raises a failure of the store.
function Database:fail(problem)
  local text = self.is_silent and ("no answer for %d s"):format(waits.limit) or reason(problem)
  self.reason = text
  error(errors.new { code = "store", message = ("the store %s: %s%s"):format(self.name, text,
    self.advice and self.advice(text) or "") }, 0)
end

-- LuaDBI raises this if the connection was already lost.
local CLOSED = "Statement unavailable: database closed"

-- Takes what pcall returns of an execution. -> true | nil, problem
local function result(is_done, done, problem)
  if is_done then return done, problem end
  if done ~= CLOSED then error(done, 0) end
  return nil, "no connection to the server"
end

-- Executes a statement. -> statement | nil, problem. LuaDBI reports an SQLite statement's failure
-- again at its next execution, so a failed one is not kept.
local function try(self, sql, ...)
  if not self.connection then return nil, "no connection to the server" end
  local statement = self.statements[sql]
  if not statement then
    local refusal
    statement, refusal = self:around(self.connection.prepare, self.connection, sql)
    if not statement then return nil, refusal end
    self.statements[sql] = statement
  end
  local done, problem = result(pcall(self.around, self, statement.execute, statement,
    core.texts(...)))
  if done then return statement end
  if self.is_local then
    self.statements[sql] = nil
    pcall(statement.close, statement)
  end
  return nil, problem
end

-- True if the connection is lost, after a failure.
local function is_gone(self)
  return not self.is_local and not (self.connection and self.connection:ping())
end

-- Starts a wait for the process that has locked the database.
function Database:patience(holder)
  return waits.new(self.name, self.clock, self.world, holder or self.holder)
end

-- Executes a statement, waiting for other processes. Raises the error.
local function execute(self, sql, ...)
  local statement, problem = try(self, sql, ...)
  local waiting
  while not statement and self.is_busy and self.is_busy(problem) do
    waiting = waiting or self:patience()
    waiting:rest()
    statement, problem = try(self, sql, ...)
  end
  if not statement then
    self.is_lost = is_gone(self)
    self:fail(problem)
  end
  if waiting then waiting:finish() end
  return statement
end

-- Runs a statement without result rows.
function Database:run(sql, ...)
  execute(self, sql, ...)
end

-- Runs a statement once, without keeping it. -> its first row, unpacked
function Database:once(sql)
  local statement = execute(self, sql)
  local gives_rows, row = pcall(statement.fetch, statement, false)
  self.statements[sql] = nil
  self:around(statement.close, statement)
  if gives_rows and row then return portable.unpack(row) end
end

local function all(self, sql, ...)
  local statement, rows = execute(self, sql, ...), {}
  for row in statement:rows(false) do rows[#rows + 1] = row end
  return rows
end

-- Returns all rows of a query, which may be repeated, each as an array of columns.
function Database:all(sql, ...)
  if self.open then return all(self, sql, ...) end
  return self:repeatedly(all, self, sql, ...)
end

-- Returns the first row of a query, unpacked.
function Database:row(sql, ...)
  local row = self:all(sql, ...)[1]
  if row then return portable.unpack(row, 1, row.n or 32) end
end

-- Transactions: one at a time

-- Begins a transaction, unless one is open. First calls `before_begin`, which may raise.
function Database:begin()
  if self.open then return end
  if self.before_begin then self.before_begin() end
  self.open, self.transactions = true, self.transactions + 1
  local done, raised = pcall(self.run, self, self.begin_sql)
  if done then return end
  self.open = false
  error(raised, 0)
end

function Database:commit()
  if not self.open then return end
  if self.check then self:check() end
  self.in_doubt = not self.is_local
  self:run "COMMIT"
  self.in_doubt, self.open, self.repeats = false, false, 0
end

-- Rolls back the transaction; never raises. -> true | false: it may be committed, since the
-- connection was lost during the commit
function Database:rollback()
  if not self.open then return true end
  self.open = false
  if pcall(self.run, self, "ROLLBACK") then self.in_doubt = false end
  return not self.in_doubt
end

-- Calls f in a transaction that stays open for more: what f does atomically is part of it.
function Database:unfinished(f, ...)
  self:begin()
  self.is_joined = true
  local results = portable.pack(pcall(f, ...))
  self.is_joined = false
  if results[1] then return portable.unpack(results, 2, results.n) end
  self:rollback()
  error(results[2], 0)
end

local function attempt(self, f, ...)
  if self.is_joined then return f(...) end
  self:begin()
  local results = portable.pack(pcall(f, ...))
  if results[1] then
    local ok, raised = pcall(self.commit, self)
    if ok then return portable.unpack(results, 2, results.n) end
    results[2] = raised
  end
  self:rollback()
  error(results[2], 0)
end

-- Calls f in a transaction of its own; f may be repeated.
function Database:atomically(f, ...)
  if self.open then return attempt(self, f, ...) end
  return self:repeatedly(attempt, self, f, ...)
end

-- Opens a database; `...` are LuaDBI's arguments. Fields of `description`:
--   name              for messages
--   begin_sql         the statement that begins a transaction
--   advice(reason)    -> what to do, or nil
--   is_local          true if no network can hide the result of a commit
--   clock, world      see mde.store.sql.waiting; also the functions `blocking` and `bounded` of
--                     mde.interrupt
--   is_busy(reason)   -> true if another process has locked the database
--   holder()          -> that process's name
--   check()           called before a commit; may raise
--   restore()         if not is_local: restores a lost session -> true | false, reason: not yet
function database.open(description, ...)
  local self = setmetatable(description, Database)
  self.statements, self.transactions, self.repeats = {}, 0, 0
  self.arguments, self.in_doubt = portable.pack(...), false
  self:connect()
  return self
end

return database
