-- mde run PLAYBOOK ARG...: a Lua script with `mde` at hand.

local client = require "mde.program.session.client"
local errors = require "mde.base.errors"
local failure = require "mde.program.exit"
local interrupt = require "mde.interrupt"
local output = require "mde.program.terminal.output"
local playbook = require "mde.program.input.playbook"
local selection = require "mde.program.session.profiles"

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

-- What says for itself whose a client is, so that the command line's profile does not.
local WHOSE = { "profile", "tenant", "client_id", "client_secret", "token", "client_certificate",
                "federated_token_file", "managed_identity" }

local function says_whose(settings)
  for _, key in ipairs(WHOSE) do
    if settings[key] ~= nil then return true end
  end
  return false
end

-- What was raised on purpose, as an error of the library; anything else goes on.
local function expected(raised)
  if errors.is(raised) then return raised end
  if not failure.status(raised) then error(raised, 0) end
  return errors.new { code = "missing_credential", message = tostring(raised) }
end

-- The module mde whose clients follow the command line's --timeout, --verbose and --profile.
function run.module(parsed)
  local mde = require "mde"
  if selection.wanted(parsed) then selection.one(parsed) end
  local function following(new, complete)
    return function(settings)
      settings = client.settings(parsed, settings)
      local done, problem = pcall(function()
        client.module(parsed)
        complete(settings)
      end)
      if not done then return nil, expected(problem) end
      return new(settings)
    end
  end
  mde.clients = following(mde.clients, function() end)
  mde.client = following(mde.client, function(settings)
    if not says_whose(settings) then settings.profile = selection.one(parsed) end
  end)
  return mde
end

-- Calls `chunk` so that Ctrl-C raises in it. -> true, results | false, message
-- with the chunk's own part of the traceback, or the table that was raised
function run.interruptible(chunk, ...)
  local results = table.pack(interrupt.call(chunk, ...))
  if type(results[2]) == "string" and not results[1] then
    results[2] = results[2]:gsub("\n[^\n]*\n[^\n]*mde/program/commands/run%.lua.*", "")
  end
  return table.unpack(results, 1, results.n)
end

function run.run(parsed)
  local mde = run.module(parsed)
  local chunk, problem = playbook.load(parsed.script)
  if not chunk then failure.raise(failure.usage, "%s", problem) end
  parsed.arguments[0] = parsed.script
  _G.arg, _G.mde = parsed.arguments, mde
  local done, message = run.interruptible(chunk, table.unpack(parsed.arguments))
  if done then return 0 end
  if interrupt.count() == 0 and errors.is(message) then error(message, 0) end
  output.note("mde: " .. tostring(message))
  return interrupt.count() > 0 and failure.interrupted or failure.some
end

return run
