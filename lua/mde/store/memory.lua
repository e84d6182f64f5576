-- The store of a process that keeps nothing: windows and tokens that the clients of
-- this Lua state share (contract 5 of doc/architecture.md).

local memory = {}

-- {{ Windows: there is nobody else.

local Windows = {}
Windows.__index = Windows

local NONE = {}

function Windows:news() return NONE end
function Windows:take() end
function Windows:note() end

-- }}

-- {{ Tokens

local Tokens = {}
Tokens.__index = Tokens

-- The token of `identity` and when it expires (wall clock), or nil.
function Tokens:get(identity)
  local kept = self.kept[identity]
  if kept then return kept.header, kept.expires_at end
end

function Tokens:put(identity, header, expires_at)
  self.kept[identity] = { header = header, expires_at = expires_at }
end

-- Forgets a token, unless another one has come in its place.
function Tokens:forget(identity, header)
  local kept = self.kept[identity]
  if kept and kept.header == header then self.kept[identity] = nil end
end

-- }}

-- {{ Sessions: refresh tokens

local Sessions = {}
Sessions.__index = Sessions

-- The refresh token (a secret) of the session called `name`, or nil.
function Sessions:get(name) return self.kept[name] end
function Sessions:put(name, secret) self.kept[name] = secret end
function Sessions:forget(name) self.kept[name] = nil end

-- }}

local Store = {}
Store.__index = Store

-- The windows of an application in a tenant.
function Store:windows(application)
  local windows = self.by_application[application]
  if not windows then
    windows = setmetatable({ buckets = {}, is_shared = false }, Windows)
    self.by_application[application] = windows
  end
  return windows
end

function Store:commit() end
function Store:rollback() end
function Store:close() end

function memory.new()
  return setmetatable({
    name = "memory", by_application = {}, tokens = setmetatable({ kept = {} }, Tokens),
    sessions = setmetatable({ kept = {} }, Sessions),
  }, Store)
end

return memory
