-- The system of this process, as the library uses it: environment, files, other programs, time.
--
-- It is that of Lua and the C modules. A process that runs several programs in one Lua state gives
-- each a table of its own (mde.program.system), with these fields:
--   getenv, time, open, popen, remove, rename   as in Lua's os and io
--   clock        see mde.base.clock
--   file         the module mde.file; nil: it is not installed
--   dbi          instead of LuaDBI; nil: LuaDBI
--   new_engine   -> an engine (contract 1 of doc/architecture.md) | nil, err
--   shared       a table for what the clients of one program share

local HOMES = { getenv = os, time = os, remove = os, rename = os, open = io, popen = io }

-- Loaded when they are first used.
local LOADERS = {
  clock = function() return require "mde.base.clock".system end,
  new_engine = function() return require "mde.core".engine end,
  file = function()
    local found, file = pcall(require, "mde.file")
    return found and file or nil
  end,
}

local real = setmetatable({ shared = {} }, { __index = function(_, name)
  local home, load_field = HOMES[name], LOADERS[name]
  return home and home[name] or load_field and load_field()
end })

local current = real

local system = { real = real }

-- Makes `given` the system from now on. -> the one before
function system.use(given)
  local previous = current
  current = given
  return previous
end

return setmetatable(system, { __index = function(_, name) return current[name] end })
