-- mde run: runs a playbook, a Lua script with `mde` as a global.

local failure = require "mde.program.exit"
local output = require "mde.program.terminal.output"
local playbook = require "mde.program.input.playbook"
local system = require "mde.program.system"

local run = {}

function run.define(command)
  command:epilog [[
The script has the module as the global `mde`, its arguments in `arg` and
`...`, and `require` also finds modules in its own folder. An uncaught error of
the library ends it with one line and the exit status of a command; any other
error with a traceback and status 1. The script has all your rights: run only
scripts that you trust. Code of others belongs into a policy (mde help plan).

Changes that it makes with mde.batch are batches in the journal, with guards,
question and audit log, and `mde resume` continues them; the exit status is then
that of the batches. Other changes, as by client:cancel_all, are not kept.

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
  local globals = system.globals
  globals.arg, globals.mde = parsed.arguments, mde
  local done, message = playbook.call(chunk, table.unpack(parsed.arguments))
  if done then return failure.of_all(parsed.statuses) end
  local status = failure.status(message)
  if status and (system.interrupt.count() == 0 or status == failure.interrupted) then
    error(message, 0)
  end
  output.note("mde: " .. tostring(message))
  return system.interrupt.count() > 0 and failure.interrupted or failure.some
end

return run
