-- mde repl: a Lua prompt with `mde` and `client` as globals.

local display = require "mde.program.repl.display"
local manual = require "mde.program.repl.manual"
local output = require "mde.program.terminal.output"
local playbook = require "mde.program.input.playbook"
local reader = require "mde.program.repl.reader"
local simulated = require "mde.program.session.simulated"
local system = require "mde.program.system"

local repl = {}

function repl.define(command)
  command:epilog [[
`mde` is the module, `client` a client configured by the environment. Enter an
expression to see its values (`_` is the first of them), or a statement; both
may take several lines. A tab completes names, options and the service's words;
`help` lists the functions, `help cancel` shows one. Ctrl-C ends the call,
`exit` or Ctrl-D the prompt. The code you enter has all your rights: paste only code that
you trust.

Examples:
   mde repl --sim
   > client:list { type = "Isolate", older_than = "4h" }
   > client:cancel(_[1], { comment = "INC0048211" })]]
  command:flag("--sim", "Use a simulated incident: requires no tenant.")
end

-- Calls a chunk and shows its values; Ctrl-C ends either.
local function evaluate(chunk)
  local done, problem = playbook.call(function()
    local values = table.pack(chunk())
    local err = display.error_of(values)
    if err or values.n == 0 then return err end
    system.globals._ = values[1]
    display.show(values)
    output.flush()
  end)
  if problem or not done then display.fail(problem) end
end

local function greet()
  if not (system.terminal.is_terminal(0) and system.terminal.is_terminal(1)) then return end
  output.note("mde %s at a Lua prompt: `help` lists the functions, a tab completes, `exit` ends.",
    require "mde.base.version")
end

local function loop(lines)
  while true do
    local chunk, text, problem = lines:chunk()
    local is_command, name = reader.is_command(text or "")
    if chunk == nil and not text or reader.is_end(text or "") then return end
    if is_command then manual.show(name)
    elseif chunk then evaluate(chunk)
    elseif problem then display.fail(problem) end
  end
end

local function prompt(parsed)
  parsed.is_attended = system.terminal.is_terminal(2)
  local mde = playbook.module(parsed)
  local client, problem = mde.client()
  local globals = system.globals
  globals.mde, globals.client, globals.help = mde, client, manual.show
  greet()
  if problem then output.note("No client: %s", tostring(problem)) end
  local lines = reader.new(client and simulated.scenario(client) and "simulation")
  system.interrupt.hold(lines.editor ~= nil)  -- the editor reads Ctrl-C as a key
  local ended, raised = pcall(loop, lines)
  system.interrupt.hold(false)
  lines:close()
  if not ended then error(raised, 0) end
  return 0
end

function repl.run(parsed)
  if not parsed.sim then return prompt(parsed) end
  return require "mde.program.session.simulation".run({ system.process.path(), "repl" }, {})
end

return repl
