-- Compiles the modules of lua/mde for the program: lua5.4 compile.lua FOLDER FILE...
--
-- The module mde.call.quota becomes FOLDER/call/quota.luac. It keeps the names and lines that
-- tracebacks show. See search.c.

local folder = arg[1]
local own = "." .. tostring(io.stdout):match "0x(%x+)"  -- other processes may compile, too
local made = {}

local function write(path, bytes)
  local parent = path:match "^(.*)/"
  if not made[parent] then assert(os.execute(("mkdir -p '%s'"):format(parent))) end
  made[parent] = true
  local file = assert(io.open(path .. own, "wb"))
  assert(file:write(bytes))
  assert(file:close())
  assert(os.rename(path .. own, path))
end

for i = 2, #arg do
  local name = arg[i]:match "^lua/mde(/.*)%.lua$":gsub("/init$", "")
  write(folder .. name .. ".luac", string.dump(assert(loadfile(arg[i]))))
end
