-- Reads chunks of Lua at the prompt, with an editor and history at a terminal.

local completion = require "mde.program.repl.completion"
local output = require "mde.program.terminal.output"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"

local reader = {}

local Reader = {}
Reader.__index = Reader

-- Lines that name a secret are not kept in the history.
local SECRET = { "secret", "token", "password", "assertion" }

local function is_secret(text)
  local lower = text:lower()
  for _, word in ipairs(SECRET) do
    if lower:find(word, 1, true) then return true end
  end
  return false
end

-- Returns the path of the history, and creates its folder if needed. -> path | nil
local function history_path()
  local folder = stores.folder()
  return system.file.make_folder(folder) and folder .. "/repl_history" or nil
end

local function open_editor()
  if not (system.terminal.is_terminal(0) and system.terminal.is_terminal(1)) then return nil end
  local found, module = pcall(function() return system.editor end)
  return found and module.open "mde" or nil
end

local function complete(line, position) return completion.at(line:sub(1, position)) end

-- -> line | false: cancelled by Ctrl-C | nil: end of input
function Reader:line(prompt)
  output.flush()
  if self.editor then
    local line = self.editor:read(prompt, complete)
    if line == nil then output.line "" end
    return line
  end
  if system.terminal.is_terminal(0) then
    output.write(prompt)
    output.flush()
  end
  return system.stdin:read()
end

-- Compiles text as an expression, else as statements. -> function | nil, message, true if more lines
-- may complete it
local function compile(text)
  local chunk, problem = load("return " .. text, "=stdin", "t", system.globals)
  if chunk then return chunk end
  local more = problem:find "<eof>$"
  chunk, problem = load(text, "=stdin", "t", system.globals)
  return chunk, problem, more or problem and problem:find "<eof>$"
end

function Reader:remember(text)
  if not self.editor or not text:find "%S" or is_secret(text) then return end
  self.editor:remember(text)
  if self.path then self.editor:save(self.path) end
end

-- Reads lines until they are a complete chunk. -> function, its text | nil, its text, the error
-- | false: cancelled | nil: end of input
function Reader:chunk()
  local text = self:line(self.mark .. "> ")
  if not text then return text end
  while true do
    local chunk, problem, incomplete = compile(text)
    if reader.is_end(text) or reader.is_command(text) or chunk or not incomplete then
      self:remember(text)
      return chunk, text, problem
    end
    local line = self:line(self.mark .. ">> ")
    if line == nil then return nil, text, problem end
    if not line then return false end
    text = text .. "\n" .. line
  end
end

-- Recognizes the words that end the prompt.
function reader.is_end(text) return text:find "^%s*exit%s*$" or text:find "^%s*quit%s*$" end

-- Recognizes "help" and "help cancel", which are not Lua. -> true or false, the name or nil
function reader.is_command(text)
  if text:find "^%s*help%s*$" then return true end
  local name = text:match "^%s*help%s+([%w_%.:]+)%s*$"
  return name ~= nil, name
end

function Reader:close()
  if self.editor then self.editor:close() end
end

-- Creates a reader. `mark`, if given, is printed before each prompt.
function reader.new(mark)
  local self = setmetatable({ editor = open_editor(), mark = mark or "" }, Reader)
  if self.editor then
    self.path = history_path()
    if self.path then self.editor:load(self.path) end
  end
  return self
end

return reader
