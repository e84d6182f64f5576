-- The command line of `mde`: arguments in, exit status out.
--
-- A command is a module of mde.program.commands with `define(command)`, which adds its options to
-- an argparse command, and `run(parsed, program)`, which returns the exit status. It is loaded on
-- demand. Errors that it raises are shown here: see mde.program.exit.

local command_line = require "mde.program.input.command_line"
local failure = require "mde.program.exit"
local help = require "mde.program.terminal.help"
local options = require "mde.program.input.options"
local output = require "mde.program.terminal.output"
local syntax = require "mde.program.input.syntax"
local system = require "mde.program.system"

-- Each group of commands, in the order of the help: name -> what it does. With `of`: the name is
-- a type of that command.
local GROUPS = {
  { "Look",
    { "list", "List machine actions: the open ones, or --all." },
    { "show", "Show one machine action, or what was done on a machine." },
    { "machines", "Find machines, tag them, and show which are isolated." } },
  { "Cancel",
    { "cancel", "Cancel machine actions, by id or by filter." },
    { "unblock", "Cancel the actions that block a machine." },
    { "undo", "Undo an incident: cancel its actions, release its machines." },
    { "resume", "Resume a batch that has stopped." },
    { "batch", "List batches; show, stop or close one, or report on it." },
    { "audit", "Verify the audit log." } },
  { "Launch",
    { "launch", "Launch an action on machines." },
    { "isolate", "Isolate machines: mde launch isolate.", of = "launch" },
    { "unisolate", "Release machines: mde launch unisolate.", of = "launch" },
    { "download", "Download the file that an action has produced." },
    { "api", "Send any other request to the service." } },
  { "Decide by policies",
    { "test", "Check policies and run their tests." },
    { "plan", "Show what policies decide, and write it as a plan." },
    { "apply", "Carry out a plan that was approved." },
    { "watch", "Plan and apply in rounds, or only report." } },
  { "Sign in",
    { "status", "Show the sign-in, open actions, quota and batches." },
    { "login", "Sign in as a user, with a code to enter in a browser." },
    { "logout", "Delete the sign-in of mde login, and cached tokens." },
    { "profiles", "List the profiles of the configuration file." } },
  { "Try",
    { "sim", "Rehearse against a simulated incident." },
    { "run", "Run a playbook: a Lua script that uses `mde`." },
    { "repl", "Start a Lua prompt." },
    { "help", "Show the help of mde, a command or a topic." },
    { "completion", "Print the script that completes commands in a shell." } },
}

local ROWS = {}
for _, group in ipairs(GROUPS) do
  for i = 2, #group do ROWS[group[i][1]] = group[i] end
end

local EPILOG = [[
Examples:
   mde list --older-than 4h
   mde cancel --type Isolate --requestor soar@contoso.com -m "SOAR misfire"
   mde resume
   mde sim mde list

Credentials come from AZURE_TENANT_ID, AZURE_CLIENT_ID and
AZURE_CLIENT_SECRET, from MDE_TOKEN alone, from a profile (see `mde help
profiles`), from `mde login`, or from the sources of Azure's own programs.
`mde help environment` lists all variables, `mde help files` all files, and
`mde help COMMAND` explains a command.

Exit status:
   0                         Everything succeeded, or nothing matched.
   1                         Some items did not succeed.
   2                         Wrong use.
   3                         Refused by a guard or a limit.
   4                         The service, network, store or output failed.
   5                         Sign-in or permission.
   130                       Interrupted or stopped by a person;
                             `mde resume` continues.]]

-- argparse, without its habit of ending the process

-- Ends the parsing with a text that the user asked for.
local function answer(text)
  return function() error({ answer = text() }, 0) end
end

local function add_help(command, text)
  command:add_help(false)
  command:flag("-h --help", "Show this.")
    :action(answer(text or function() return command:get_help() end))
  return command
end

-- `overview()` -> the text of --help before the command
local function new_parser(overview)
  local parser = require "argparse"("mde")
  parser:description "Cancels Microsoft Defender for Endpoint machine actions."
  parser:epilog(EPILOG):command_target "command":help_max_width(help.width())
    :help_description_margin(29):usage_max_width(math.min(70, help.width()))
  add_help(parser, overview)
  parser:flag("--version", "Show the version.")
    :action(answer(function() return "mde " .. require "mde.base.version" end))
  options.add(parser, "--color", "WHEN", "Use colours: auto (at a terminal), always or never.",
    options.word("a time to use colours", function() return { "auto", "always", "never" } end))
  parser:flag("--verbose", "Show one line for each request on standard error.")
  options.add(parser, "--timeout", "SECONDS", "Give up on a request after this long. Default: 60."
    .. " Requests that only read are tried five times.",
    options.seconds)
  parser:mutex(
    parser:option("-p --profile", "Work in the tenants of these profiles: a, or a,b, or 'emea-*'."
      .. " Default: MDE_PROFILE."):argname "NAME":overwrite(false),
    parser:flag("--all-profiles", "Work in the tenants of all profiles (list, machines, status)."))
  options.add(parser, "--cloud", "CLOUD", "Without a profile: the cloud. Default: MDE_CLOUD, else"
    .. " commercial.", options.word("a cloud", function()
      return require "mde.base.tables".keys(require "mde.service.clouds")
    end))
  options.add(parser, "--store", "STORE", "Where to keep journal and quota: postgresql://… or"
    .. " memory. Default: MDE_STORE, else SQLite in $XDG_STATE_HOME/mde.",
    function(text) return require "mde.program.session.store".choice(text) end)
  parser.error = syntax.refuse
  return parser
end

local Program = {}
Program.__index = Program

-- With `only`, the name of a command, the program has no others, which takes less time.
local function new_program(only)
  local self, commands = setmetatable({ defined = {} }, Program), {}
  local parser = new_parser(function() return self:help(self.asked) end)
  for _, group in ipairs(GROUPS) do
    local members = {}
    for i = 2, #group do
      local name = group[i][1]
      if name == (only or name) then
        commands[name] = parser:command(name, group[i][2])
        members[#members + 1] = add_help(commands[name])
      end
    end
    if members[1] then parser:group(group[1], table.unpack(members)) end
  end
  help.form(parser)
  self.parser, self.commands = parser, commands
  return self
end

-- Loads a command and lets it add its options, once. -> the module
function Program:load(name)
  local of = ROWS[name].of
  local module = require("mde.program.commands." .. (of or name))
  if not self.defined[name] then
    module.define(self.commands[name], of and name)
    help.form(self.commands[name])
  end
  self.defined[name] = true
  return module
end

-- Returns the help of mde or of a command. -> text | nil: no such command
function Program:help(name)
  if not name then return self.parser:get_help() end
  if not self.commands[name] then return nil end
  self:load(name)
  return self.commands[name]:get_help()
end

local function command_of(arguments)
  return (command_line.command(arguments, ROWS))
end

-- Parses a command line, after its command is loaded. -> true, the result | false, the error
function Program:parse(arguments)
  local name = command_of(arguments)
  if name then self:load(name) end
  self.asked = name
  return pcall(self.parser.parse, self.parser, command_line.for_parser(arguments))
end

-- Prints the words that can follow, for a shell's completion. Errors are not shown.
local function complete(arguments)
  pcall(require "mde.program.completion.words".print, new_program(),
    table.move(arguments, 2, #arguments, 1, {}))
  return 0
end

local function run(arguments)
  if arguments[1] == "--complete" then return complete(arguments) end
  if not arguments[1] then arguments = { "help" } end
  local name = command_of(arguments)
  local program = new_program(name ~= "help" and name or nil)
  local ok, parsed = program:parse(arguments)
  if ok then
    parsed.command_line = command_line.text(command_line.without_store(arguments))
    if ROWS[name].of then parsed.type = name end
    system.state.color = parsed.color
    system.state.filter, system.state.command_line = parsed.filter, parsed.command_line
    require "mde.program.session.variables".check()
    if system.state.local_times then require "mde.program.input.moment".announce() end
    collectgarbage "restart"
    return program:load(name).run(parsed, program)
  end
  if type(parsed) ~= "table" or not parsed.answer then error(parsed, 0) end
  output.text(parsed.answer)
  return 0
end

-- A table was raised on purpose; any other value is a defect of the program.
local function on_error(raised)
  if type(raised) == "table" then return raised end
  return debug.traceback(tostring(raised), 2)
end

-- Parses a corrected command line. -> true | nil, the message, the missing word
local function try(words)
  local ok, raised = new_program():parse(words)
  if ok or type(raised) == "table" and raised.answer then return true end
  if failure.status(raised) ~= failure.usage then error(raised, 0) end
  return nil, tostring(raised), raised.missing
end

-- Returns advice on how to correct the command line: see mde.program.problem.
local function advice_on(raised, arguments)
  local advice = {}
  local suggestion = require "mde.program.input.suggestion"
  if failure.status(raised) == failure.usage then
    local name = command_of(arguments)
    advice.help = "help" .. (name and name ~= "help" and " " .. name or "")
  end
  if type(raised) == "table" and raised.unknown then
    local to = raised.instead or suggestion.nearest(raised.unknown, raised.known)
    advice.argv = to and suggestion.replaced(arguments, raised.unknown, to)
  elseif failure.status(raised) == failure.usage then
    advice.argv, advice.missing, advice.notes =
      suggestion.correct(new_program(), arguments, try)
    if raised.machine and command_of(arguments) == "cancel" then
      advice.notes = { "To cancel what blocks a machine: mde unblock " .. raised.machine }
      advice.argv = advice.argv or suggestion.inserted(arguments, "--machine", raised.machine)
    end
    if not advice.argv and type(raised) == "table" and raised.addition then
      advice.argv, advice.missing = arguments, raised.addition
    end
  end
  return advice
end

local function has_json(arguments)
  for _, word in ipairs((command_line.split(arguments))) do
    if word == "--json" then return true end
  end
  return false
end

-- Shows an error. -> exit status
local function show(raised, arguments)
  return require "mde.program.problem".show(raised, advice_on(raised, arguments))
end

local function run_line(arguments)
  system.state.json = has_json(arguments)
  local done, result = xpcall(run, on_error, arguments)
  require "mde.program.terminal.line".clear()
  if system.state.notify then require "mde.program.batch.notify".finish() end
  if system.state.store then require "mde.program.session.store".leave() end
  local flushed, raised = pcall(output.flush)
  if not done then return show(result, arguments) end
  if flushed then return result end
  local status = show(raised, arguments)
  return result == 0 and status or result
end

-- Runs the command line, with the real system table or another one: see mde.program.system.
-- -> exit status
return function(arguments, given)
  return system.run(given or system.real, run_line, arguments)
end
