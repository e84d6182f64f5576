-- mde sim: a rehearsal against a simulated incident on loopback.

local failure = require "mde.program.exit"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local simulation = require "mde.program.session.simulation"

local sim = {}

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
  return simulation.run(words, parsed)
end

return sim
