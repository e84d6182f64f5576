-- LuaDBI for one process of a world: SQLite in real files, with touches, faults and a ledger.

local DBI = require "DBI"

local database = {}

local FULL = "Execute failed: database or disk is full"
local BUSY = "Execute failed: database is locked"

-- The ledger: rows of the journal, noted when they are committed

local NOTED = { batches = true, events = true }

-- Parses an INSERT or UPDATE of a noted table. -> { table, op, columns } | false
local function parse(sql)
  local name, columns = sql:match "^%s*INSERT INTO (%w+)%s*(%b())"
  local op = "insert"
  if not name then
    name, columns = sql:match "^%s*UPDATE (%w+) SET (.*)$"
    op = "update"
  end
  if not NOTED[name] then return false end
  local list = {}
  if op == "insert" then
    for column in columns:gmatch "[%w_]+" do list[#list + 1] = column end
  else
    for column in columns:gmatch "([%w_]+) = %?" do list[#list + 1] = column end
    if columns:find "WHERE number = %?" then list[#list] = "number" end
  end
  return { table = name, op = op, columns = list }
end

local PARSED = setmetatable({}, { __index = function(self, sql)
  local parsed = parse(sql)
  self[sql] = parsed
  return parsed
end })

local function note(connection, sql, ...)
  local parsed = PARSED[sql]
  if not parsed then return end
  local row, values = {}, table.pack(...)
  for i, column in ipairs(parsed.columns) do row[column] = values[i] end
  local rows = connection.rows
  rows[#rows + 1] = { table = parsed.table, op = parsed.op, row = row }
end

local function publish(connection)
  local rows = connection.rows
  connection.rows = {}
  for _, entry in ipairs(rows) do connection.process.world:on_row(connection.process, entry) end
end

local Statement = {}
Statement.__index = Statement

-- The first word of a statement, which says what it is.
local WORDS = setmetatable({}, { __index = function(self, sql)
  local word = sql:match "%u+"
  self[sql] = word
  return word
end })

local WRITES = { INSERT = true, UPDATE = true, COMMIT = true, CREATE = true, ALTER = true }

-- Raises no error: like LuaDBI, -> true | false, message
function Statement:execute(...)
  local connection, sql = self.connection, self.sql
  local process, word = connection.process, WORDS[self.sql]
  process:touch("sql", sql)
  if word == "BEGIN" and process.world:is_busy(process) then return false, BUSY end
  local full = process.host.disk.full
  if full == "all" and WRITES[word] or full == "commit" and word == "COMMIT" then
    return false, FULL
  end
  local done, problem = self.real:execute(...)
  if not done then return done, problem end
  if word == "BEGIN" then
    connection.open = true
  elseif word == "ROLLBACK" then
    connection.open, connection.rows = false, {}
  elseif word == "COMMIT" then
    connection.open = false
    publish(connection)
  elseif word == "INSERT" or word == "UPDATE" then
    note(connection, sql, ...)
    if not connection.open then publish(connection) end
  end
  return done, problem
end

function Statement:rows(...) return self.real:rows(...) end
function Statement:fetch(...) return self.real:fetch(...) end

function Statement:close()
  self.connection.statements[self] = nil
  return self.real:close()
end

local Connection = {}
Connection.__index = Connection

function Connection:prepare(sql)
  local real, problem = self.real:prepare(sql)
  if not real then return nil, problem end
  local statement = setmetatable({ real = real, sql = sql, connection = self }, Statement)
  self.statements[statement] = true
  return statement
end

function Connection:autocommit(on) return self.real:autocommit(on) end
function Connection:ping() return self.real:ping() end

-- Closes a connection and its statements, and rolls back an open transaction.
function database.close(self)
  if not self.real then return true end
  for statement in pairs(self.statements) do pcall(statement.real.close, statement.real) end
  local closed = self.real:close()
  self.real, self.statements = nil, {}
  return closed
end

Connection.close = database.close

-- The module DBI for a process, whose connections are closed when it ends.
function database.module(process)
  return { Connect = function(driver, path)
    process:touch("connect", path)
    local real, problem = DBI.Connect(driver, process.world:real_path(process.host, path))
    if not real then return nil, problem end
    local connection = setmetatable({ real = real, process = process, statements = {},
                                      rows = {} }, Connection)
    table.insert(process.connections, connection)
    return connection
  end }
end

return database
