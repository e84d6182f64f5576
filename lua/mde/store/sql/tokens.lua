-- Stores access tokens and users' refresh tokens in a database of their own.
--
-- Access tokens only save a request: if the database fails, there are none. Refresh tokens are a
-- user's sign-in: their errors are raised (code "store").

local core = require "mde.core"
local portable = require "mde.store.sql.portable"

local tokens = {}

local Tokens = {}
Tokens.__index = Tokens

-- Returns the database, opened at the first use, or nil if it can't be opened.
local function opened(self)
  if self.database == nil then
    local ok, result = pcall(function()
      local database = self.open()
      database:run [[CREATE TABLE IF NOT EXISTS tokens (
        identity TEXT PRIMARY KEY, header TEXT NOT NULL, expires DOUBLE PRECISION NOT NULL)]]
      database:run [[CREATE TABLE IF NOT EXISTS sessions (
        name TEXT PRIMARY KEY, refresh TEXT NOT NULL)]]
      return database
    end)
    self.database, self.problem = ok and result, not ok and result or nil
  end
  return self.database or nil
end

-- Calls f(database). -> its results, or nothing if it fails
local function try(self, f)
  local database = opened(self)
  if not database then return end
  local results = portable.pack(pcall(f, database))
  if results[1] then return portable.unpack(results, 2, results.n) end
end

-- Returns the token of `identity` (a secret, the value of an Authorization header) and its expiry
-- (on the clock of `now`), or nil.
function Tokens:get(identity)
  local header, expires = try(self, function(database)
    return database:row("SELECT header, expires FROM tokens WHERE identity = ?", identity)
  end)
  if header then return core.secret(header), expires end
end

function Tokens:put(identity, header, expires_at)
  try(self, function(database)
    database:run("DELETE FROM tokens WHERE expires < ?", self.now())
    database:run("INSERT OR REPLACE INTO tokens (identity, header, expires) VALUES (?, ?, ?)",
      identity, header:reveal(), expires_at)
  end)
end

-- Removes a token, unless it was replaced by another.
function Tokens:forget(identity, header)
  try(self, function(database)
    database:run("DELETE FROM tokens WHERE identity = ? AND header = ?", identity, header:reveal())
  end)
end

function Tokens:close()
  if self.database then self.database:close() end
  self.database = nil
end

-- Sessions

local Sessions = {}
Sessions.__index = Sessions

-- Returns the database. Raises the error if it can't be opened.
local function required(self)
  return opened(self.tokens) or error(self.tokens.problem, 0)
end

-- Returns the refresh token (a secret) of the session `name`, or nil.
function Sessions:get(name)
  local refresh = required(self):row("SELECT refresh FROM sessions WHERE name = ?", name)
  return refresh and core.secret(refresh)
end

function Sessions:put(name, secret)
  required(self):run("INSERT OR REPLACE INTO sessions (name, refresh) VALUES (?, ?)", name,
    secret:reveal())
end

function Sessions:forget(name)
  required(self):run("DELETE FROM sessions WHERE name = ?", name)
end

-- `open()` returns the database, `now()` the store's time. -> tokens, sessions
function tokens.new(open, now)
  local self = setmetatable({ open = open, now = now }, Tokens)
  return self, setmetatable({ tokens = self }, Sessions)
end

return tokens
