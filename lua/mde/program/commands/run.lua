-- mde run PLAYBOOK ARG...: a Lua script with `mde` at hand.

local errors = require "mde.base.errors"
local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local playbook = require "mde.program.input.playbook"
local system = require "mde.program.system"

local run = {}

function run.define(command)
  command:epilog [[
The script finds the module as the global `mde`, its arguments in `arg` and
`...`, and by `require` also modules in its own folder. An error of the
library that it does not catch ends it with one line and the status that a
command would end with; any other with a traceback and status 1. It may do
whatever you may: run only what you trust. What others wrote belongs into a
policy (mde help plan).

Example:
   mde run examples/playbooks/stuck.lua 2h]]
  command:argument("script", "The playbook."):argname "PLAYBOOK"
  command:argument("arguments", "Its arguments."):args "*":argname "ARG"
end

function run.run(parsed)
  local mde = playbook.module(parsed)
  local chunk, problem = playbook.load(parsed.script)
  if not chunk then failure.raise(failure.usage, "%s", problem) end
  parsed.arguments[0] = parsed.script
  _G.arg, _G.mde = parsed.arguments, mde
  local done, message = playbook.call(chunk, table.unpack(parsed.arguments))
  if done then return 0 end
  if system.interrupt.count() == 0 and errors.is(message) then error(message, 0) end
  output.note("mde: " .. tostring(message))
  return system.interrupt.count() > 0 and failure.interrupted or failure.some
end

return run
