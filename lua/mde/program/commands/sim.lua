-- mde sim: a rehearsal against a simulated incident on loopback.

local failure = require "mde.program.exit"
local file = require "mde.file"
local interrupt = require "mde.interrupt"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local process = require "mde.process"

local sim = {}

local NAP = 0.2  -- seconds of the longest wait for a request

-- The service's own limits, sixty times faster.
local QUOTA = { per_minute = 6000, per_hour = 90000 }

local function quota(text)
  if text == "off" then return { off = true } end
  local per_minute, per_hour = text:match "^(%d+),(%d+)$"
  per_minute, per_hour = math.tointeger(per_minute), math.tointeger(per_hour)
  if per_minute and per_hour and per_minute > 0 and per_hour > 0 then
    return { per_minute = per_minute, per_hour = per_hour }
  end
  return nil, ("'%s' is not a quota: calls a minute and an hour, such as 100,1500, or off")
    :format(text)
end

local function port(text)
  local number = math.tointeger(text)
  if number and number > 0 and number < 65536 then return number end
  return nil, ("'%s' is not a port: a number from 1 to 65535"):format(text)
end

function sim.define(command)
  command:epilog [[
A fresh incident each time: some hundred Isolate actions that wait by
mistake, among others. COMMAND finds it in its environment, and its exit
status is that of `mde sim`; without one, a shell is started.

Examples:
   mde sim mde list --type Isolate
   mde sim                          a shell
   mde sim --serve                  prints what to export elsewhere]]
  command:flag("--serve", "Serve until interrupted, and print the variables to export.")
  options.add(command, "--port", "N", "With --serve: on this port.", port)
  options.add(command, "--quota", "N,M", "Calls a minute and an hour, or off. Default: 6000,90000.",
    quota)
  command:argument("words", "What to run."):args "*":argname "COMMAND"
end

local function new_server(parsed)
  local limits = parsed.quota or QUOTA
  if not parsed.quota then
    output.note("mde sim: the quota is sixty times the service's: %d calls a minute, %d an hour",
      QUOTA.per_minute, QUOTA.per_hour)
  end
  local service = require("mde.simulator.incident").service { quota = not limits.off and limits }
  local server, problem = require("mde.simulator.server").new(service, { port = parsed.port })
  if not server then failure.raise(failure.failed, "cannot serve: %s", tostring(problem)) end
  return server
end

-- This program's folder, and then those of PATH. An empty name in it would be the current
-- folder.
local function search_path()
  local path = os.getenv "PATH" or ""
  return process.path():match "^(.*)/" .. ":" .. (path ~= "" and path or "/usr/bin:/bin")
end

-- {{ The rehearsal's own journal, quota and profiles (none): nothing of it gets among real
-- ones, and no real service into it.

local function new_state()
  local folder, problem = file.make_temporary_folder()
  if not folder then failure.raise(failure.failed, "cannot make a folder: %s", problem) end
  local configuration <close> = assert(file.log(folder .. "/config.lua"))
  configuration:append "return {}\n"
  return folder
end

local function remove_state(folder)
  process.setenv("PATH", search_path())
  local pid = process.spawn { "rm", "-rf", "--", folder }
  while pid and not process.wait(pid) do process.pause(0.01) end
end

-- }}

-- COMMAND gets the server's variables, none that takes precedence over them, and this
-- program first in its PATH.
local function set_environment(server)
  process.setenv("MDE_TOKEN")
  process.setenv("AZURE_TOKEN_CREDENTIALS")
  process.setenv("PATH", search_path())
  process.setenv("MDE_STORE")
  for name, value in pairs(server.environment) do process.setenv(name, value) end
end

local function serve(server)
  interrupt.watch()
  local names = {}
  for name in pairs(server.environment) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    output.line(("export %s='%s'"):format(name, server.environment[name]))
  end
  output.flush()
  output.note("mde sim: serving at %s until interrupted", server.url)
  while interrupt.count() == 0 do server:step(NAP) end
  return 0
end

-- Serves until the command ends. Ctrl-C is the command's: the terminal sends it
-- to both. A request to end is passed on.
local function run(server, words)
  set_environment(server)
  interrupt.watch()
  interrupt.ignore()
  local pid, problem = process.spawn(words)
  if not pid then failure.raise(failure.usage, "cannot run '%s': %s", words[1], problem) end
  local passed = false
  while true do
    local status = process.wait(pid)
    if status then return status end
    if interrupt.count() > 0 and not passed then
      process.terminate(pid)
      passed = true
    end
    server:step(NAP)
  end
end

function sim.run(parsed)
  local words = parsed.words
  if parsed.serve and #words > 0 then
    failure.raise(failure.usage, "--serve runs no command: '%s'", words[1])
  end
  if parsed.port and not parsed.serve then failure.raise(failure.usage, "--port needs --serve") end
  if #words == 0 and not parsed.serve then
    words = { os.getenv "SHELL" or "/bin/sh" }
    output.note("mde sim: a shell with a simulated incident. Try `mde list`; `exit` ends it.")
  end
  local server = new_server(parsed)
  local state = new_state()
  server.environment.XDG_STATE_HOME = state
  server.environment.MDE_CONFIG, server.environment.MDE_PROFILE = state .. "/config.lua", ""
  local done, result = pcall(parsed.serve and serve or run, server, words)
  remove_state(state)
  if not done then error(result, 0) end
  return result
end

return sim
