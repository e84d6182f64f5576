-- A client secret that is kept elsewhere: what a command prints, or a file says.
--
-- It is fetched when it is needed, and once a process; a failure too is kept, lest
-- somebody is asked for the same password again and again. No message shows what was
-- read. Who may read a file can be asked in the program alone (mde.file); plain Lua
-- does not check it.

local core = require "mde.core"
local errors = require "mde.base.errors"
local own = require "mde.config.own_file"

local secret = {}

local function lacking(format, ...)
  return nil, errors.new { code = "missing_credential", message = format:format(...) }
end

-- The first line, if there is something on it.
local function first_line(text)
  local line = (text or ""):match "^[^\r\n]*"
  return line ~= "" and line or nil
end

-- {{ Modes

-- The permission bits of a file, or nil where they can't be asked.
function secret.mode(path)
  local known, file = pcall(require, "mde.file")
  return known and file.mode(path) or nil
end

-- `nil, what to do` where others may read or write the file at `path`.
function secret.private(path)
  local mode = secret.mode(path)
  if not mode or mode % 64 == 0 then return true end
  return nil, ("others can read or write %s (mode %03o): chmod 600 it"):format(path, mode)
end

-- }}

-- {{ Commands

local function quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- What the shell is given. `command` is that already, or an array of words.
local function line_of(command)
  if type(command) == "string" then return command end
  local words = {}
  for i, word in ipairs(command) do words[i] = quote(word) end
  return table.concat(words, " ")
end

-- The program's name. What else is in a command may be secret, such as X=… before it.
function secret.program(command)
  local word = type(command) == "string" and command:match "^%s*([^%s'\"]+)" or command[1]
  return type(word) == "string" and word:find "^[%w%._/+%-]+$" and word or "the command"
end

-- Runs it. The status is printed last, since `close` does not tell it everywhere.
local function output_of(command)
  local pipe, problem = io.popen(("( %s\n) </dev/null; printf '\\n%%d\\n' $?")
    :format(line_of(command)), "r")
  if not pipe then return nil, tostring(problem) end
  local text, status = (pipe:read "*a" or ""):match "^(.*)\n(%d+)\n$"
  pipe:close()
  if status == "0" then return text end
  return nil, status and "it ended with status " .. status or "it ended early"
end

local function from_command(command)
  local text, problem = output_of(command)
  local name = secret.program(command)
  if not text then return lacking("secret_command (%s): %s", name, problem) end
  local line = first_line(text)
  if not line then return lacking("secret_command (%s): its first line is empty", name) end
  return core.secret(line)
end

-- }}

local function from_file(path)
  local private, problem = secret.private(path)
  if not private then return lacking("secret_file: %s", problem) end
  local file
  file, problem = own.open(path)
  if not file then return lacking("secret_file: %s", problem) end
  local line = first_line(file:read(65536))
  file:close()
  if not line then return lacking("secret_file: the first line of %s is empty", path) end
  return core.secret(line)
end

local kept = {}

-- -> function() that gives the text of a secret | nil, err
local function once(key, get, source)
  return function()
    kept[key] = kept[key] or { get(source) }
    if kept[key][1] then return kept[key][1]:reveal() end
    return nil, errors.copy(kept[key][2])
  end
end

-- What the first line says that a command prints: an array of words, or the text of a
-- shell command. -> function() -> text | nil, err
function secret.of_command(command)
  return once("command " .. line_of(command), from_command, command)
end

-- What the first line of a file says. -> function() -> text | nil, err
function secret.of_file(path)
  return once("file " .. path, from_file, path)
end

return secret
