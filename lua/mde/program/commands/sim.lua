-- mde sim: rehearses against a simulated incident on loopback.

local failure = require "mde.program.exit"
local options = require "mde.program.input.options"
local scenarios = require "mde.simulator.scenarios"
local simulation = require "mde.program.session.simulation"

local sim = {}

local function quota(text)
  if text == "off" then return { off = true } end
  if text == "real" then return simulation.real end
  local per_minute, per_hour = text:match "^(%d+),(%d+)$"
  per_minute, per_hour = math.tointeger(per_minute), math.tointeger(per_hour)
  if per_minute and per_hour and per_minute > 0 and per_hour > 0 then
    return { per_minute = per_minute, per_hour = per_hour }
  end
  return nil, ("'%s' is not a quota: calls per minute and hour, such as 200,3000, or real or off")
    :format(text)
end

local function port(text)
  local number = math.tointeger(text)
  if number and number > 0 and number < 65536 then return number end
  return nil, ("'%s' is not a port: a number from 1 to 65535"):format(text)
end

local function names()
  local list = {}
  for i, scenario in ipairs(scenarios) do list[i] = scenario.name end
  return list
end

local function listed()
  local lines = {}
  for i, scenario in ipairs(scenarios) do
    lines[i] = ("   %-12s %s"):format(scenario.name, scenario.about)
  end
  return table.concat(lines, "\n")
end

function sim.define(command)
  command:epilog(([[
Each run starts a new incident: a SOAR rule has isolated hundreds of machines
by mistake. COMMAND gets the simulator's address and credentials from
environment variables, and its exit status is that of `mde sim`; without
COMMAND, a shell starts. The prompt, questions and `mde status` say that it is a
simulation.

Scenarios:
%s

Examples:
   mde sim mde list --type Isolate
   mde sim                          starts a shell
   mde sim --scenario outage --quota real
   mde sim --serve                  prints the variables to export elsewhere]]):format(listed()))
  options.add(command, "--scenario", "NAME", "The incident to rehearse. Default: misfire.",
    options.word("a scenario", names))
  command:flag("--serve", "Serve until interrupted, and print the variables to export.")
  options.add(command, "--port", "N", "With --serve: use this port.", port)
  options.add(command, "--quota", "N,M", "Calls per minute and hour; real: 100,1500; or off.\n"
    .. "Default: 60 times real.", quota)
  command:argument("words", "The command to run."):args "*":argname "COMMAND"
end

function sim.run(parsed)
  local words = parsed.words
  failure.misuse_if(parsed.serve and #words > 0, "--serve runs no command: '%s'", words[1])
  failure.misuse_if(parsed.port and not parsed.serve, "--port requires --serve")
  return simulation.run(words, parsed)
end

return sim
