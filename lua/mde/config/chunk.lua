-- Runs the text of a configuration file: Lua that sees nothing and ends soon.
--
-- What fails is `nil, message`, with file and line, and nothing that the file says.

local own = require "mde.config.own_file"

local chunk = {}

local LONGEST = 4194304  -- bytes of a file
local STEPS = 1000000    -- instructions of the Lua machine; a thousand profiles take some 10,000

-- The text of a file. -> text | nil, message
local function read(path)
  local file, problem = own.open(path)
  if not file then return nil, problem end
  local text
  text, problem = file:read(LONGEST + 1)
  file:close()
  if problem then return nil, ("%s: %s"):format(path, problem) end
  text = (text or ""):gsub("^\239\187\191", "")
  if #text > LONGEST then
    return nil, ("%s: longer than %d bytes"):format(path, LONGEST)
  end
  return text
end

local NAME = "file"  -- of the chunk; Lua would cut a long path

-- What Lua says is wrong, without what it quotes of the text: that may be a secret.
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
  error(("this does not end: more than %d steps"):format(STEPS), 2)
end

-- Runs in a coroutine, since a hook is a coroutine's own; in LuaJIT it is everybody's.
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
function chunk.read(path)
  local text, problem = read(path)
  if not text then return nil, problem end
  local compiled
  compiled, problem = compile(text)
  if not compiled then return nil, safe(problem, path) end
  local done, result = run(compiled)
  if not done then return nil, safe(result, path) end
  return text, result
end

return chunk
