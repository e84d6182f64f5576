-- mde run PLAYBOOK ARG...: a Lua script with `mde` at hand.

local client = require "mde.cli.client"
local failure = require "mde.cli.failure"
local interrupt = require "mde.interrupt"
local output = require "mde.cli.output"

local run = {}

function run.define(command)
  command:epilog [[
The script finds the module as the global `mde` and its arguments in `arg` and
`...`. An error ends it with a traceback and status 1.

Example:
   mde run examples/playbooks/stuck.lua 4h]]
  command:argument("script", "The playbook."):argname "PLAYBOOK"
  command:argument("arguments", "Its arguments."):args "*":argname "ARG"
end

-- The module mde whose clients follow the command line's --timeout and --verbose.
function run.module(parsed)
  local mde = require "mde"
  local new_client = mde.client
  function mde.client(settings)
    local opened, problem = pcall(client.module, parsed)
    if not opened and require "mde.errors".is(problem) then return nil, problem end
    return new_client(client.settings(parsed, settings))
  end
  return mde
end

-- Calls `chunk` so that Ctrl-C raises in it. -> true, results | false, message
-- with the chunk's own part of the traceback
function run.interruptible(chunk, ...)
  local results = table.pack(interrupt.call(chunk, ...))
  if not results[1] then
    results[2] = results[2]:gsub("\n[^\n]*\n[^\n]*mde/cli/run%.lua.*", "")
  end
  return table.unpack(results, 1, results.n)
end

function run.run(parsed)
  local chunk, problem = loadfile(parsed.script)
  if not chunk then failure.raise(failure.usage, "%s", problem) end
  parsed.arguments[0] = parsed.script
  _G.arg, _G.mde = parsed.arguments, run.module(parsed)
  local done, message = run.interruptible(chunk, table.unpack(parsed.arguments))
  if done then return 0 end
  output.note("mde: " .. message)
  return interrupt.count() > 0 and failure.interrupted or failure.some
end

return run
