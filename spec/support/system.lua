-- A system (lua/mde/program/system.lua) for a program that runs in the process of a spec.

local clocks = require "mde.simulator.clock"
local real = require "mde.program.system".real

local systems = {}

-- A file open for writing whose text is collected in `text`.
local function sink()
  local file = { text = "" }
  function file.write(_, ...)
    file.text = file.text .. table.concat({ ... })
    return file
  end
  function file.flush() return file end
  return file
end

-- A system without terminal and signals. `fields` take precedence; `environment` is a table.
function systems.new(environment, fields)
  local function same(text) return text end
  local self = {
    clock = clocks.new(), stdout = sink(), stderr = sink(),
    getenv = function(name) return environment[name] end,
    terminal = { is_terminal = function() return false end, width = function() end,
                 flush = function() return true end, printable = same, printable_json = same },
    process = { who = function() return "dana", "soc1" end, pid = function() return 4711 end,
                variables = function() return {} end },
    interrupt = { watch = function() end, hold = function() end, release = function() end,
                  count = function() return 0 end,
                  blocking = function(f, ...) return f(...) end,
                  call = function(f, ...) return pcall(f, ...) end,
                  leave = function(f, ...) return f(...) end },
  }
  for name, value in pairs(fields or {}) do self[name] = value end
  return setmetatable(self, { __index = real })
end

return systems
