-- Prints what `mde completion SHELL` prints, without the built program:
--
--   lua5.4 doc/completion.lua SHELL
--
-- `make install` uses it, so that a cross build can be installed.

local folder = arg[0]:match "^(.*/)doc/" or "./"
package.path = ("%slua/?.lua;%slua/?/init.lua;%s"):format(folder, folder, package.path)

-- Stands in for the modules in C, of which the help needs little: every field of this table is the
-- table again, and a call returns its argument, or the table.
local ANY = {}
setmetatable(ANY, {
  __index = function(_, key) return type(key) == "string" and ANY or nil end,
  __call = function(_, value) return value or ANY end,
})
local MODULES = { "core", "editor", "file", "interrupt", "process", "supervisor", "terminal" }
for _, name in ipairs(MODULES) do
  package.preload["mde." .. name] = function() return ANY end
end

os.exit(require "mde.program" { "completion", table.unpack(arg) })
