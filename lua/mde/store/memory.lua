-- The store of a process that keeps nothing: windows and tokens that the clients of
-- this Lua state share (contract 5 of doc/architecture.md).

-- What outlives a call: contract 5 of doc/architecture.md. What fails is raised, as an error with
-- the code "store".
---@class mde.store
---@field windows fun(self: mde.store, application: string): mde.windows those of an application in a tenant
---@field tokens? mde.tokens
---@field sessions? mde.sessions
---@field commit fun(self: mde.store) ends the transaction that `news` begins
---@field rollback fun(self: mde.store)
---@field recover? fun(self: mde.store, raised: mde.error): boolean, mde.error? after a rollback: whether what was raised has passed, so that the transaction may be repeated; if not, the error
---@field close fun(self: mde.store)

-- The windows of a quota: a log of slots, which the processes of one application share.
---@class mde.windows
---@field news fun(self: mde.windows): {operation: string, kind: string, slot: string, moment: number, holder?: string, at?: number}[] what the others noted since it was last asked
---@field take fun(self: mde.windows, operation: string, moment: number): string|false|nil takes a slot that counts at the moment unless its answer comes earlier; false: there is news, decide anew
---@field note fun(self: mde.windows, operation: string, kind: "counted"|"unused"|"paused"|"waiting", slot?: string, moment?: number)
---@field buckets table the library's own, empty at first
---@field is_shared boolean whether there are others
---@field holder? string this process, if slots are shared fairly between processes

-- Access tokens that clients share, by whom they are for.
---@class mde.tokens
---@field get fun(self: mde.tokens, identity: string): mde.secret?, number? the header, and when it expires
---@field put fun(self: mde.tokens, identity: string, header: mde.secret, expires_at: number)
---@field forget fun(self: mde.tokens, identity: string, header: mde.secret) unless another one has come in its place
---@field now? fun(self: mde.tokens, clock: {monotonic: fun(): number}): number the time by which they expire (default: seconds since 1970)
---@field claim? fun(self: mde.tokens, identity: string, who: string, seconds: number): boolean whether this one may fetch, and nobody else
---@field release? fun(self: mde.tokens, identity: string, who: string)

-- Refresh tokens of users who signed in.
---@class mde.sessions
---@field get fun(self: mde.sessions, name: string): mde.secret?
---@field put fun(self: mde.sessions, name: string, refresh: mde.secret)
---@field forget fun(self: mde.sessions, name: string)

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

-- The time by which tokens expire: they are this process's.
function Tokens:now(clock)
  return clock.monotonic()
end

-- The token of `identity` and when it expires, or nil.
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
