-- The store in memory: windows and tokens of the clients in one Lua state.
--
-- See contract 5 of doc/architecture.md.

-- Data that outlives a call: contract 5 of doc/architecture.md. Functions raise failures as errors
-- with the code "store".
---@class mde.store
---@field windows fun(self: mde.store, application: string): mde.windows of an application in a tenant
---@field tokens? mde.tokens
---@field sessions? mde.sessions
---@field commit fun(self: mde.store) ends the transaction that `news` begins
---@field rollback fun(self: mde.store)
---@field recover? fun(self: mde.store, raised: mde.error): boolean, mde.error? after a rollback: true if the transaction may be repeated, else false and the error
---@field close fun(self: mde.store)

-- The windows of a quota: a log of slots, shared by the processes of one application.
---@class mde.windows
---@field news fun(self: mde.windows): {operation: string, kind: string, slot: string, moment: number, holder?: string, at?: number}[] notes of other processes since the last call
---@field take fun(self: mde.windows, operation: string, moment: number): string|false|nil takes a slot that counts at the moment or at its earlier answer; false: there are news, decide again
---@field note fun(self: mde.windows, operation: string, kind: "counted"|"unused"|"paused"|"waiting"|"failed"|"unread"|"throttled"|"answered"|"probe", slot?: string, moment?: number)
---@field buckets table for the library, empty at first
---@field is_shared boolean true if other processes use them
---@field holder? string this process, if slots are shared fairly between processes

-- Access tokens that clients share, by identity.
---@class mde.tokens
---@field get fun(self: mde.tokens, identity: string): mde.secret?, number? the header and its expiry
---@field put fun(self: mde.tokens, identity: string, header: mde.secret, expires_at: number)
---@field forget fun(self: mde.tokens, identity: string, header: mde.secret) unless it was replaced by another
---@field now? fun(self: mde.tokens, clock: {monotonic: fun(): number}): number the current time of the expiry's clock (default: seconds since 1970)
---@field claim? fun(self: mde.tokens, identity: string, who: string, seconds: number): boolean true if only this process may fetch the token now
---@field release? fun(self: mde.tokens, identity: string, who: string)

-- Refresh tokens of signed-in users.
---@class mde.sessions
---@field get fun(self: mde.sessions, name: string): mde.secret?
---@field put fun(self: mde.sessions, name: string, refresh: mde.secret)
---@field forget fun(self: mde.sessions, name: string)

local memory = {}

-- Windows: no other process uses them

local Windows = {}
Windows.__index = Windows

local NONE = {}

function Windows:news() return NONE end
function Windows:take() end
function Windows:note() end

-- Tokens

local Tokens = {}
Tokens.__index = Tokens

-- Returns the time of the tokens' expiry, on this process's clock.
function Tokens:now(clock)
  return clock.monotonic()
end

-- Returns the token of `identity` and its expiry, or nil.
function Tokens:get(identity)
  local kept = self.kept[identity]
  if kept then return kept.header, kept.expires_at end
end

function Tokens:put(identity, header, expires_at)
  self.kept[identity] = { header = header, expires_at = expires_at }
end

-- Removes a token, unless it was replaced by another.
function Tokens:forget(identity, header)
  local kept = self.kept[identity]
  if kept and kept.header == header then self.kept[identity] = nil end
end

-- Sessions: refresh tokens

local Sessions = {}
Sessions.__index = Sessions

-- Returns the refresh token (a secret) of the session `name`, or nil.
function Sessions:get(name) return self.kept[name] end
function Sessions:put(name, secret) self.kept[name] = secret end
function Sessions:forget(name) self.kept[name] = nil end

local Store = {}
Store.__index = Store

-- Returns the windows of an application in a tenant.
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
