-- mde repl: Lua at a prompt, with `mde` and `client` at hand.

local output = require "mde.cli.output"
local run = require "mde.cli.run"
local terminal = require "mde.terminal"

local repl = {}

function repl.define(command)
  command:epilog [[
`mde` is the module, `client` a client configured by the environment. A line
is an expression, whose values are shown, or a statement. It may do whatever
you may:
paste only what you trust.

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

-- Text as an expression, else as statements. -> function | nil, message, whether more
-- lines may complete it
local function compile(text)
  local chunk, problem = load("return " .. text, "=stdin", "t")
  if chunk then return chunk end
  local more = problem:find "<eof>$"
  chunk, problem = load(text, "=stdin", "t")
  return chunk, problem, more or problem and problem:find "<eof>$"
end

-- Reads a whole chunk: as many lines as it takes to be complete.
-- -> function | nil, message | nothing at the end of input
local function read_chunk()
  local text = ask "> "
  if not text then return end
  while true do
    local chunk, problem, incomplete = compile(text)
    if chunk or not incomplete then return chunk, problem end
    local line = ask ">> "
    if not line then return nil, problem end
    text = text .. "\n" .. line
  end
end

local DEEPEST = 3  -- levels of tables that are shown

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then return a < b end
    return type(a) == "number" or type(b) ~= "number" and tostring(a) < tostring(b)
  end)
  return keys
end

-- What is shown of a value: an action whole, or as one line where it is part of
-- something; a table by its fields.
local function text_of(value, depth)
  local metatable = type(value) == "table" and getmetatable(value)
  local is_object = type(metatable) == "table" and metatable.__tostring
                    and (depth > 1 or metatable.__name ~= "mde.action")
  if type(value) ~= "table" or is_object or depth > DEEPEST then return tostring(value) end
  if next(value) == nil then return "{}" end
  local parts = {}
  for i, key in ipairs(sorted_keys(value)) do
    parts[i] = ("%s%s = %s"):format(("  "):rep(depth), key, text_of(value[key], depth + 1))
  end
  return ("{\n%s\n%s}"):format(table.concat(parts, "\n"), ("  "):rep(depth - 1))
end

local function show(values)
  local parts = {}
  for i = 1, values.n do parts[i] = text_of(values[i], 1) end
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
