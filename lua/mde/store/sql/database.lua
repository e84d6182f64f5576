-- A connection to an SQL database through LuaDBI, with prepared statements that are kept.
--
-- What fails is raised as the error itself, with the code "store". Numbers are
-- DOUBLE PRECISION in every table where they may pass 2^31: LuaDBI reads integers as
-- 32 bits.

local DBI = require "DBI"
local errors = require "mde.base.errors"
local patience = require "mde.store.sql.patience"
local portable = require "mde.store.sql.portable"

local database = {}

local Database = {}
Database.__index = Database

-- The reason alone, of what LuaDBI, libpq and SQLite put round it.
local function reason(text)
  text = tostring(text):gsub("^Execute failed:? *", ""):gsub("^Error [%a ]+: ", "")
  return (text:gsub("^ERROR: +", ""):gsub("\n.*", ""))
end

-- Raises a failure of the store.
function Database:fail(problem)
  local text = reason(problem)
  error(errors.new { code = "store", message = ("the store %s: %s%s"):format(self.name, text,
    self.advice and self.advice(text) or "") }, 0)
end

-- Calls f directly; a program may have it end in time when a signal comes.
local function directly(f, ...) return f(...) end

-- A statement that was executed, or nil and what is wrong. LuaDBI tells the failure of a
-- statement of SQLite again when it is executed next: such a one is not kept.
local function try(self, sql, ...)
  local around = self.world and self.world.blocking or directly
  local statement = self.statements[sql]
  if not statement then
    local refusal
    statement, refusal = around(self.connection.prepare, self.connection, sql)
    if not statement then return nil, refusal end
    self.statements[sql] = statement
  end
  local done, problem = around(statement.execute, statement, ...)
  if done then return statement end
  if self.is_local then
    self.statements[sql] = nil
    pcall(statement.close, statement)
  end
  return nil, problem
end

-- Begins to wait for the process that holds the database.
function Database:patience(holder)
  return patience.new(self.name, self.clock, self.world, holder or self.holder)
end

-- The same, but waits for other processes, and raises what is wrong.
local function execute(self, sql, ...)
  local statement, problem = try(self, sql, ...)
  local waiting
  while not statement and self.is_busy and self.is_busy(problem) do
    waiting = waiting or self:patience()
    waiting:rest()
    statement, problem = try(self, sql, ...)
  end
  if not statement then self:fail(problem) end
  if waiting then waiting:finish() end
  return statement
end

-- Runs a statement that gives no rows.
function Database:run(sql, ...)
  execute(self, sql, ...)
end

-- Runs one that is not worth keeping, and gives its first row, unpacked.
function Database:once(sql)
  local statement = execute(self, sql)
  local gives_rows, row = pcall(statement.fetch, statement, false)
  self.statements[sql] = nil
  statement:close()
  if gives_rows and row then return portable.unpack(row) end
end

-- All rows of a query, each an array of columns. Nothing is left open.
function Database:all(sql, ...)
  local statement, rows = execute(self, sql, ...), {}
  for row in statement:rows(false) do rows[#rows + 1] = row end
  return rows
end

-- The first row, unpacked.
function Database:row(sql, ...)
  local row = self:all(sql, ...)[1]
  if row then return portable.unpack(row, 1, row.n or 32) end
end

-- {{ Transactions: one at a time

-- Begins one, unless one is under way.
function Database:begin()
  if self.open then return end
  self.open, self.transactions = true, self.transactions + 1
  local done, raised = pcall(self.run, self, self.begin_sql)
  if done then return end
  self.open = false
  error(raised, 0)
end

function Database:commit()
  if not self.open then return end
  if self.check then self:check() end
  self:run "COMMIT"
  self.open = false
end

-- Takes back what is not committed; never raises. -> whether nothing was: false if the
-- connection was lost, perhaps in the middle of a commit
function Database:rollback()
  if not self.open then return true end
  self.open = false
  return pcall(self.run, self, "ROLLBACK") or self.is_local == true
end

-- Calls f in a transaction of its own.
function Database:atomically(f, ...)
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

-- }}

function Database:close()
  self.statements = {}
  collectgarbage()  -- LuaDBI finishes statements only then, and the database after them
  self.connection:close()
end

-- `arguments` are LuaDBI's. `description`: name (for messages), begin_sql, advice
-- (function(reason) -> what to do, or nil), is_local (no network can hide how a commit ended), clock and
-- world (see mde.store.sql.patience; also blocking(f, ...), which calls f), is_busy(reason) (whether
-- another process holds it), holder() (its name), check() (before a commit; raises).
function database.open(description, ...)
  local self = setmetatable(description, Database)
  self.statements, self.transactions = {}, 0
  local connected, connection, problem = pcall(DBI.Connect, ...)
  if not connected then connection, problem = nil, connection end
  if not connection then self:fail(problem) end
  self.connection = connection
  connection:autocommit(true)
  return self
end

return database
