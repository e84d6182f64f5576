-- Connects to an SQL database, and again if the connection is lost: methods of a database.
--
-- If a connection is lost while a batch is running (world.limit), it is opened again. Reads, and
-- transactions whose COMMIT was not sent, are then repeated; a COMMIT never is.

local portable = require "mde.store.sql.portable"
local system = require "mde.base.system"
local waits = require "mde.store.sql.waiting"

local reconnection = {}

local function directly(f, ...) return f(...) end

local REPEATS = 3  -- most repetitions between two commits

local function answered(self, in_time, socket, done, ...)
  self.is_silent, self.socket = not in_time, socket
  if not done then error((...), 0) end
  return ...
end

-- Calls f, which may block. The program lets signals interrupt it and bounds the wait for a server.
function reconnection:around(f, ...)
  local world = self.world or {}
  if self.is_local then return (world.blocking or directly)(f, ...) end
  if not world.bounded then return f(...) end
  return answered(self, world.bounded(waits.limit, self.socket, pcall, f, ...))
end

local function close(self)
  self.statements = {}
  collectgarbage()  -- LuaDBI finishes statements only then, and the database after them
  if self.connection then self.connection:close() end
  self.connection = nil
end

function reconnection:close()
  self:around(close, self)
end

-- -> connection | nil, problem
local function connect(self)
  local connection, problem = (system.dbi or require "DBI").Connect(
    portable.unpack(self.arguments, 1, self.arguments.n))
  if connection then connection:autocommit(true) end
  return connection, problem
end

-- Connects. Raises the error.
function reconnection:connect()
  self.socket = -1  -- it is opened now
  local connected, connection, problem = pcall(self.around, self, connect, self)
  if not connected then connection, problem = nil, connection end
  if not connection then self:fail(problem) end
  self.connection, self.is_lost = connection, false
end

-- Connects again and restores the session. -> true | false, reason: not usable yet
local function restore(self)
  self:close()
  self.is_lost = true
  self:connect()
  return self.restore(self)
end

-- Waits for the server. Raises an error at the end of the wait, or if the session can't be restored:
-- then the connection is closed, so that nothing is done without what the session held.
local function reopen(self)
  local waiting = waits.server(self.name, self.clock, self.world)
  while true do
    local done, restored, problem = pcall(restore, self)
    if done and restored then return waiting:finish() end
    if not done and not self.is_lost then
      self:close()
      self.refusal = restored
      error(restored, 0)
    end
    waiting:rest(problem or self.reason)
  end
end

-- Reopens a lost connection, unless the transaction may have been committed.
-- -> true: the work can be repeated | false, the final error
function reconnection:recover(raised)
  local may_repeat = self.is_lost and not self.in_doubt and not self.is_reopening
                     and self.world and self.world.limit and self.repeats < REPEATS
  if not may_repeat then return false, self.refusal or raised end
  self.repeats, self.is_reopening = self.repeats + 1, true
  local done, problem = pcall(reopen, self)
  self.is_reopening = false
  if not done then self.repeats = REPEATS end  -- one wait is enough
  return done, problem
end

-- Calls f, and again each time the connection was lost and recovered.
function reconnection:repeatedly(f, ...)
  while true do
    local results = portable.pack(pcall(f, ...))
    if results[1] then return portable.unpack(results, 2, results.n) end
    local again, err = self:recover(results[2])
    if not again then error(err, 0) end
  end
end

return reconnection
