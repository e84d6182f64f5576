-- Reads a client secret from a command's output or from a file.
--
-- It is read on first use, once per program. A failure is also kept, so that a command does not
-- ask for the same password again and again. No message shows the text that was read. Only the
-- program can check who may read a file (mde.file); plain Lua does not.

local content = require "mde.base.content"
local core = require "mde.core"
local errors = require "mde.base.errors"
local system = require "mde.base.system"

local secret = {}

local function lacking(format, ...)
  return nil, errors.new { code = "missing_credential", message = format:format(...) }
end

local function first_line(text)
  local line = (text or ""):match "^[^\r\n]*"
  return line ~= "" and line or nil
end

-- Modes

-- The permission bits of a file, or nil if they can't be read.
function secret.mode(path)
  local file = system.file
  return file and file.mode(path) or nil
end

-- -> true | nil, message if others may read or write the file
function secret.private(path)
  local mode = secret.mode(path)
  if not mode or mode % 64 == 0 then return true end
  return nil, ("others can read or write %s (mode %03o): chmod 600 it"):format(path, mode)
end

-- Commands

local function quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- The shell's command line. `command` is one already, or an array of words.
local function line_of(command)
  if type(command) == "string" then return command end
  local words = {}
  for i, word in ipairs(command) do words[i] = quote(word) end
  return table.concat(words, " ")
end

-- The program's name only: the rest of a command may be secret, such as X=… in front of it.
function secret.program(command)
  local word = type(command) == "string" and command:match "^%s*([^%s'\"]+)" or command[1]
  return type(word) == "string" and word:find "^[%w%._/+%-]+$" and word or "the command"
end

-- Runs a command. It prints its status last, because `close` does not return it in every Lua.
local function output_of(command)
  local pipe, problem = system.popen(("( %s\n) </dev/null; printf '\\n%%d\\n' $?")
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

local function from_file(path)
  local private, problem = secret.private(path)
  if not private then return lacking("secret_file: %s", problem) end
  local text
  text, problem = content.read_own(path, 65536)
  if not text then return lacking("secret_file: %s", problem) end
  local line = first_line(text)
  if not line then return lacking("secret_file: the first line of %s is empty", path) end
  return core.secret(line)
end

-- -> function() that gives the text of a secret | nil, err
local function once(key, get, source)
  return function()
    local kept = system.shared.secrets or {}
    system.shared.secrets = kept
    kept[key] = kept[key] or { get(source) }
    if kept[key][1] then return kept[key][1]:reveal() end
    return nil, errors.copy(kept[key][2])
  end
end

-- The first line of a command's output. The command is an array of words, or the text of a shell
-- command. -> function() -> text | nil, err
function secret.of_command(command)
  return once("command " .. line_of(command), from_command, command)
end

-- The first line of a file. -> function() -> text | nil, err
function secret.of_file(path)
  return once("file " .. path, from_file, path)
end

return secret
