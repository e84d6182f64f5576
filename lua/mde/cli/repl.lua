-- mde repl: Lua at a prompt, with `mde` and `client` at hand.

local output = require "mde.cli.output"
local run = require "mde.cli.run"
local terminal = require "mde.terminal"

local repl = {}

function repl.define(command)
  command:epilog [[
`mde` is the module, `client` a client configured by the environment. A line is
an expression, whose values are shown, or a statement.

Example:
   > client:list { type = "Isolate", older_than = "4h" }[1].requestor]]
end

local function ask(prompt)
  if terminal.is_terminal(0) then
    output.write(prompt)
    output.flush()
  end
  return io.read()
end

-- Reads a whole chunk: an expression, or lines up to the end of a statement.
-- -> function | nil, message | nothing at the end of input
local function read_chunk()
  local text = ask "> "
  if not text then return end
  local chunk = load("return " .. text, "=stdin")
  if chunk then return chunk end
  while true do
    local problem
    chunk, problem = load(text, "=stdin")
    if chunk or not problem:find "<eof>$" then return chunk, problem end
    local more = ask ">> "
    if not more then return nil, problem end
    text = text .. "\n" .. more
  end
end

local function text_of(value)
  if type(value) == "string" then return value end
  local metatable = getmetatable(value)
  if type(value) ~= "table" or type(metatable) == "table" and metatable.__tostring then
    return tostring(value)
  end
  local parts = {}
  for key, field in pairs(value) do
    parts[#parts + 1] = ("  %s = %s"):format(tostring(key), tostring(field))
  end
  table.sort(parts)
  return "{\n" .. table.concat(parts, "\n") .. "\n}"
end

local function show(values)
  local parts = {}
  for i = 1, values.n do parts[i] = text_of(values[i]) end
  local text = table.concat(parts, "  ")
  for line in (text .. "\n"):gmatch "(.-)\n" do output.line(terminal.printable(line)) end
end

local function evaluate(chunk)
  local results = table.pack(run.interruptible(chunk))
  if not results[1] then return output.note(results[2]) end
  if results.n > 1 then show { n = results.n - 1, table.unpack(results, 2, results.n) } end
end

function repl.run(parsed)
  local mde = run.module(parsed)
  local client, problem = mde.client()
  _G.mde, _G.client = mde, client
  if problem then output.note("No client: %s", tostring(problem)) end
  while true do
    local chunk, message = read_chunk()
    if chunk then evaluate(chunk)
    elseif message then output.note(message)
    else return 0 end
  end
end

return repl
