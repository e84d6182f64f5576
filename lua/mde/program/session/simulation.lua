-- Serves a simulated incident on loopback while a command runs.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local scenarios = require "mde.simulator.scenarios"
local simulated = require "mde.program.session.simulated"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

local simulation = {}

local NAP = 0.2  -- longest wait for a request, in seconds

simulation.real = { per_minute = 100, per_hour = 1500 }  -- the service's own limits
local SPEED = 60  -- of the default quota

-- Returns the limits of a quota `SPEED` times as fast as the service's.
local function faster()
  local real = simulation.real
  local limits = { per_minute = real.per_minute * SPEED, per_hour = real.per_hour * SPEED }
  output.note("mde sim: quota %d times the service's: %d calls per minute, %d per hour",
    SPEED, limits.per_minute, limits.per_hour)
  return limits
end

local function new_server(parsed, scenario)
  local limits = parsed.quota or faster()
  local service = require("mde.simulator.incident").service {
    scenario = scenario, quota = not limits.off and limits }
  local server, problem = require("mde.simulator.server").new(service, { port = parsed.port })
  if not server then failure.raise(failure.failed, "cannot serve: %s", tostring(problem)) end
  return server
end

-- Returns this program's folder and those of PATH. An empty entry would be the current folder.
local function search_path()
  local path = system.getenv "PATH" or ""
  return system.process.path():match "^(.*)/" .. ":" .. (path ~= "" and path or "/usr/bin:/bin")
end

-- The simulation's own journal, quota and (no) profiles, separate from the real ones

local function new_state()
  local folder, problem = system.file.make_temporary_folder()
  if not folder then failure.raise(failure.failed, "cannot make a folder: %s", problem) end
  local configuration <close> = assert(system.file.log(folder .. "/config.lua"))
  configuration:append "return {}\n"
  return folder
end

local function remove_state(folder)
  system.process.setenv("PATH", search_path())
  local pid = system.process.spawn { "rm", "-rf", "--", folder }
  while pid and not system.process.wait(pid) do system.process.pause(0.01) end
end

-- COMMAND gets the server's variables, no variable that takes precedence over them, and this
-- program first in PATH.
local function set_environment(server)
  system.process.setenv("MDE_TOKEN")
  system.process.setenv("AZURE_TOKEN_CREDENTIALS")
  system.process.setenv("PATH", search_path())
  system.process.setenv("MDE_STORE")
  for name, value in pairs(server.environment) do system.process.setenv(name, value) end
end

local function serve(server)
  for _, name in ipairs(tables.keys(server.environment)) do
    output.line(("export %s='%s'"):format(name, server.environment[name]))
  end
  output.flush()
  output.note("mde sim: serving at %s until interrupted", server.url)
  while system.interrupt.count() == 0 do server:step(NAP) end
  return 0
end

-- Serves until the command ends. Ignores Ctrl-C, which the terminal also sends to the command, and
-- forwards a request to end.
local function run(server, words)
  set_environment(server)
  system.interrupt.ignore()
  local pid, problem = system.process.spawn(words)
  if not pid then failure.raise(failure.usage, "cannot run '%s': %s", words[1], problem) end
  local passed = false
  while true do
    local status = system.process.wait(pid)
    if status then return status end
    if system.interrupt.count() > 0 and not passed then
      system.process.terminate(pid)
      passed = true
    end
    server:step(NAP)
  end
end

-- Returns the words that start a shell, and announces it.
local function shell_words(scenario, folder)
  output.note("mde sim: a shell in the simulation %s. %s\nTry `mde list`; `exit` ends it.",
    scenario, scenarios[scenario].about)
  return require("mde.program.terminal.shell").words("(simulation) ", folder)
end

-- Runs the command `words` (default: a shell), or with options.serve no command. `options`: scenario
-- (default: misfire), quota ({ per_minute, per_hour } or { off = true }; default: sixty times the
-- service's), port. -> exit status
function simulation.run(words, options)
  local scenario = options.scenario or "misfire"
  system.interrupt.watch()  -- before the first text: a signal then leaves no folder behind
  local server = new_server(options, scenario)
  local state = new_state()
  if not words[1] and not options.serve then words = shell_words(scenario, state) end
  server.environment[simulated.variable] = simulated.value(scenario, server.url)
  server.environment.XDG_STATE_HOME = state
  server.environment.MDE_CONFIG, server.environment.MDE_PROFILE = state .. "/config.lua", ""
  local done, result = pcall(options.serve and serve or run, server, words)
  remove_state(state)
  if not done then error(result, 0) end
  return result
end

return simulation
