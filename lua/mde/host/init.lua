-- Hosts (contract 4 of doc/architecture.md): the programs that Lua runs in, which differ in
-- how time passes.
--
-- What a host's functions raise, a call raises.

---@class mde.host
---@field wait fun(engine: table, seconds: number, pause: number) waits for the engine's news, at most `seconds` (1); who can't hear of news sleeps for `pause`, and lets others go on
---@field is_shared? boolean many others run in this process: a program that signing in waits for would stop them all
---@field whole? fun(f: function, a: any, b: any, c: any) calls f, and nobody else meanwhile: of a program that interrupts Lua at any place

local errors = require "mde.base.errors"

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
