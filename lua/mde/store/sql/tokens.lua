-- Access tokens, and the refresh tokens of who signed in, in an SQLite database of their
-- own. Access tokens save a sign-in and nothing more: if the database fails, there are none.
-- Refresh tokens are a sign-in: their errors are raised (code "store").

local core = require "mde.core"
local portable = require "mde.store.sql.portable"

local tokens = {}

local Tokens = {}
Tokens.__index = Tokens

-- The database, opened when it is first needed; nil if it can't be.
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

-- Calls f(database). -> what it returns; nothing when that fails
local function try(self, f)
  local database = opened(self)
  if not database then return end
  local results = portable.pack(pcall(f, database))
  if results[1] then return portable.unpack(results, 2, results.n) end
end

-- The token of `identity` (a secret, the value of an Authorization header) and when it
-- expires (by `now`), or nil.
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

-- Forgets a token, unless another one has come in its place.
function Tokens:forget(identity, header)
  try(self, function(database)
    database:run("DELETE FROM tokens WHERE identity = ? AND header = ?", identity, header:reveal())
  end)
end

function Tokens:close()
  if self.database then self.database:close() end
  self.database = nil
end

-- {{ Sessions

local Sessions = {}
Sessions.__index = Sessions

-- The same database; raises why there is none.
local function required(self)
  return opened(self.tokens) or error(self.tokens.problem, 0)
end

-- The refresh token (a secret) of the session called `name`, or nil.
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

-- }}

-- `open()` gives the database, `now()` the store's time. -> tokens, sessions
function tokens.new(open, now)
  local self = setmetatable({ open = open, now = now }, Tokens)
  return self, setmetatable({ tokens = self }, Sessions)
end

return tokens
