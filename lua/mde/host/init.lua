-- Finds the program that runs this Lua, and how to wait in it.
--
-- Hosts are contract 4 of doc/architecture.md. An error raised by a host function propagates
-- to the caller.

---@class mde.waiter
---@field wait fun(self: mde.waiter, seconds: number) sleeps
---@field signal fun(self: mde.waiter) ends this sleep, or the host's `wait` with this waiter

---@class mde.host
---@field wait fun(engine: table, seconds: number, pause: number, waiter?: table) waits at most `seconds` (1) for the engine; a host that can't see events sleeps for `pause`
---@field is_shared? boolean other work runs in this process, and would stop while sign-in runs a program (default true for a table)
---@field waiter? fun(): mde.waiter makes a sleep of the running coroutine; then one of many coroutines waits for the engine, and the others sleep
---@field whole? fun(f: function, a: any, b: any, c: any) calls f without interruption: for a host that interrupts Lua at any instruction

local errors = require "mde.base.errors"

local host = {}

local function has(module, name)
  return type(module) == "table" and module[name] ~= nil
end

-- Recognizes each host but plain Lua. (nmap raises on access to an undefined global.)
local SIGNS = {
  nginx = function() return has(rawget(_G, "ngx"), "sleep") end,
  haproxy = function() return has(rawget(_G, "core"), "msleep") end,
  nmap = function() return has(package.loaded.nmap, "registry") end,
}

-- Event loops, which a program selects by name.
local LOOPS = { cqueues = true, luv = true }

-- The name of the host that this Lua runs in: "plain", "nmap", "nginx" or "haproxy".
function host.here()
  for name, is_here in pairs(SIGNS) do
    if is_here() then return name end
  end
  return "plain"
end

-- `given` is a host, the name of one, or nil for the host that this Lua runs in.
-- -> host | nil, err
function host.choose(given)
  if type(given) == "table" and type(given.wait) == "function" then return given end
  local name = given == nil and host.here() or given
  if name == "plain" or SIGNS[name] then return require("mde.host." .. name) end
  if LOOPS[name] then
    local found, result = pcall(require, "mde.host." .. name)
    if found then return result end
    return errors.invalid("host: cannot load %s: %s", name, errors.line(tostring(result), 120))
  end
  return errors.invalid("host: '%s' is not \"plain\", \"nmap\", \"nginx\", \"haproxy\","
    .. " \"cqueues\", \"luv\", or a table with a function wait(engine, seconds, pause)",
    tostring(given))
end

-- The default store (contract 5) of quota and tokens: in nginx the dictionary `mde`, which its
-- workers share; elsewhere memory. -> store | nil, err
function host.store()
  if host.here() ~= "nginx" then return require "mde.store.memory".new() end
  local dictionary = _G.ngx.shared.mde
  if dictionary then return require "mde.store.nginx".new(dictionary) end
  return errors.invalid("nginx has no shared dictionary 'mde' for quota and tokens:"
    .. " add \"lua_shared_dict mde 10m;\" to http { }, or give another store")
end

return host
