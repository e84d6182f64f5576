-- Hosts (contract 4 of doc/architecture.md): the programs that Lua runs in, which differ in
-- how time passes.
--
-- What a host's functions raise, a call raises.

---@class mde.host
---@field wait fun(engine: table, seconds: number, pause: number) waits for the engine's news, at most `seconds` (1); who can't hear of news sleeps for `pause`, and lets others go on
---@field whole? fun(f: function, a: any, b: any, c: any) calls f, and nobody else meanwhile: of a program that interrupts Lua at any place

-- What outlives a call: contract 5 of doc/architecture.md. What fails is raised, as an error with
-- the code "store".
---@class mde.store
---@field windows fun(self: mde.store, application: string): mde.windows those of an application in a tenant
---@field tokens? mde.tokens
---@field sessions? mde.sessions
---@field commit fun(self: mde.store) ends the transaction that `news` begins
---@field rollback fun(self: mde.store)
---@field close fun(self: mde.store)

-- The windows of a quota: a log of slots, which the processes of one application share.
---@class mde.windows
---@field news fun(self: mde.windows): {operation: string, kind: string, slot: string, moment: number}[] what the others noted since it was last asked
---@field take fun(self: mde.windows, operation: string, moment: number): string|false|nil takes a slot that counts at the moment unless its answer comes earlier; false: there is news, decide anew
---@field note fun(self: mde.windows, operation: string, kind: "counted"|"unused"|"paused", slot?: string, moment?: number)
---@field buckets table the library's own, empty at first
---@field is_shared boolean whether there are others

-- Access tokens that clients share, by whom they are for.
---@class mde.tokens
---@field get fun(self: mde.tokens, identity: string): mde.secret?, number? the header, and when it expires (seconds since 1970)
---@field put fun(self: mde.tokens, identity: string, header: mde.secret, expires_at: number)
---@field forget fun(self: mde.tokens, identity: string, header: mde.secret) unless another one has come in its place
---@field claim? fun(self: mde.tokens, identity: string, who: string, seconds: number): boolean whether this one may fetch, and nobody else
---@field release? fun(self: mde.tokens, identity: string, who: string)

-- Refresh tokens of users who signed in.
---@class mde.sessions
---@field get fun(self: mde.sessions, name: string): mde.secret?
---@field put fun(self: mde.sessions, name: string, refresh: mde.secret)
---@field forget fun(self: mde.sessions, name: string)

local errors = require "mde.errors"

local host = {}

local function has(module, name)
  return type(module) == "table" and module[name] ~= nil
end

-- How each program but plain Lua is known. (nmap raises for a global that is not there.)
local SIGNS = {
  nginx = function() return has(rawget(_G, "ngx"), "sleep") end,
  haproxy = function() return has(rawget(_G, "core"), "msleep") end,
  nmap = function() return has(package.loaded.nmap, "registry") end,
}

-- Where we run. -> "plain", "nmap", "nginx" or "haproxy"
function host.here()
  for name, is_here in pairs(SIGNS) do
    if is_here() then return name end
  end
  return "plain"
end

-- The host that `given` names, or is; without it, that of where we run. -> host | nil, err
function host.choose(given)
  if type(given) == "table" and type(given.wait) == "function" then return given end
  local name = given == nil and host.here() or given
  if name == "plain" or SIGNS[name] then return require("mde.host." .. name) end
  return errors.invalid("host: '%s' is not \"plain\", \"nmap\", \"nginx\", \"haproxy\", or a"
    .. " table with a function wait(engine, seconds, pause)", tostring(given))
end

-- What keeps quota and tokens where we run: in nginx the dictionary `mde`, which its
-- workers share, else memory. -> store (contract 5) | nil, err
function host.store()
  if host.here() ~= "nginx" then return require "mde.store.memory".new() end
  local dictionary = _G.ngx.shared.mde
  if dictionary then return require "mde.store.nginx".new(dictionary) end
  return errors.invalid("the workers of nginx share quota and tokens in a dictionary, which is"
    .. " not there: add \"lua_shared_dict mde 10m;\" to http { }, or give another store")
end

return host
