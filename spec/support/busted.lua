-- Runs busted with any Lua: LUA spec/support/busted.lua OPTION...

local exit, is_jit = os.exit, rawget(_G, "jit") ~= nil

-- At the end of its state LuaJIT unloads LuaDBI before the objects of it: it ends without.
if is_jit then
  os.exit = function(status) exit(status, false) end  -- luacheck: ignore
end

require "busted.runner" { standalone = false }  -- returns where nothing failed
if is_jit then exit(0, false) end
