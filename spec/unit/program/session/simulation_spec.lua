-- Signals that come before a simulation serves.

require "spec.support.policy"
local simulation = require "mde.program.session.simulation"
local system = require "mde.program.system"
local systems = require "spec.support.system"

local FOLDER = "/tmp/simulated"

-- Runs a simulation in which Ctrl-C comes with the first text, and nothing is spawned.
-- -> exit status, spawned command lines
local function interrupted(words, options)
  local signals, is_watched, spawned = 0, false, {}
  local own
  own = systems.new({ PATH = "/bin" }, {
    interrupt = {
      watch = function() is_watched, signals = true, 0 end,
      ignore = function() end,
      count = function() return signals end,
    },
    file = { make_temporary_folder = function() return FOLDER end,
             log = function()
               return setmetatable({ append = function() end }, { __close = function() end })
             end },
    process = {
      setenv = function() end, path = function() return "/bin/mde" end, pause = function() end,
      spawn = function(line)
        spawned[#spawned + 1] = table.concat(line, " ")
        return #spawned
      end,
      wait = function(pid) return spawned[pid] and 0 end, terminate = function() end,
    },
  })
  local write = own.stderr.write
  function own.stderr.write(...)
    assert(is_watched, "a signal would end the program")
    signals = signals + 1
    return write(...)
  end
  return system.run(own, simulation.run, words, options), spawned
end

describe("a simulation", function()
  it("ends at a signal that comes with its first text, and removes its folder", function()
    local status, spawned = interrupted({}, { serve = true })
    assert.same({ 0, { "rm -rf -- " .. FOLDER } }, { status, spawned })
    status, spawned = interrupted({ "true" }, {})
    assert.same({ 0, { "true", "rm -rf -- " .. FOLDER } }, { status, spawned })
  end)
end)
