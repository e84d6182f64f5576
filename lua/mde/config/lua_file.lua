-- Runs a configuration file as Lua without globals, under a limit of steps.
--
-- A failure is `nil, message` with file and line. The message quotes nothing of the file, which
-- may contain secrets.

local content = require "mde.base.content"

local lua_file = {}

local LONGEST = 4194304  -- bytes of a file
local STEPS = 1000000    -- Lua VM instructions; a thousand profiles take about 10,000

-- The text of a file. -> text | nil, message
local function read(path)
  local text, problem = content.read_own(path, LONGEST + 1)
  if not text then return nil, problem end
  text = text:gsub("^\239\187\191", "")
  if #text > LONGEST then
    return nil, ("%s: longer than %d bytes"):format(path, LONGEST)
  end
  return text
end

local NAME = "file"  -- the chunk's name, instead of the path, which Lua would cut

-- Removes from Lua's message the text that it quotes, which may be a secret.
local function safe(message, path)
  message = tostring(message):gsub("^" .. NAME .. ":", ""):gsub(" %(constant .*", "")
  local before, quoted = message:match "^(.-) near (.*)$"
  if quoted and quoted:find "%w" and not quoted:find "^'?<eof>'?$" then message = before end
  return ("%s:%s%s"):format(path, message:find "^%d" and "" or " ", message)
end

-- -> a function whose environment is empty | nil, message
local function compile(text)
  if text:find "^\27" then return nil, "bytecode, and not the text of a Lua table" end
  if not setfenv then return load(text, "=" .. NAME, "t", {}) end
  local compiled, problem = loadstring(text, "=" .. NAME)
  return compiled and setfenv(compiled, {}), problem
end

local function give_up()
  error(("the file runs for more than %d steps: return a plain table"):format(STEPS), 2)
end

-- Runs in a coroutine, which has its own hook, except in LuaJIT, where all share one.
local function run(compiled)
  local thread = coroutine.create(compiled)
  if not (debug and debug.sethook) then return coroutine.resume(thread) end
  if not jit then
    debug.sethook(thread, give_up, "", STEPS)
    return coroutine.resume(thread)
  end
  jit.off(compiled, true)
  local hook, mask, count = debug.gethook()
  debug.sethook(give_up, "", STEPS)
  local done, result = coroutine.resume(thread)
  debug.sethook(hook, mask, count)
  return done, result
end

-- -> the file's text, what it returns | nil, message
function lua_file.read(path)
  local text, problem = read(path)
  if not text then return nil, problem end
  local compiled
  compiled, problem = compile(text)
  if not compiled then return nil, safe(problem, path) end
  local done, result = run(compiled)
  if not done then return nil, safe(result, path) end
  return text, result
end

return lua_file
