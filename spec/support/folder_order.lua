-- Checks that each folder requires only folders below it: lua5.4 spec/support/folder_order.lua
--
-- The order is in doc/architecture.md, as lines such as `base < service < auth`. They name the
-- folders of lua/mde and src; a file in lua/mde itself counts as in the folder mde. Only
-- program/init.lua requires commands. Prints each line that breaks the order, and ends with 1 if
-- there is one.

local function lines_of(path)
  local file = assert(io.open(path))
  local lines = {}
  for line in file:lines() do lines[#lines + 1] = line end
  file:close()
  return lines
end

local function files(pattern)
  local pipe, list = assert(io.popen("git ls-files " .. pattern)), {}
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  return list
end

-- { folder -> { folder that it may use -> true } }
local function read_order()
  local may = {}
  for _, line in ipairs(lines_of "doc/architecture.md") do
    if line:find "^%l+ < " then
      local below = {}
      for folder in line:gmatch "%l+" do
        may[folder] = may[folder] or { [folder] = true }
        for each in pairs(below) do may[folder][each] = true end
        below[folder] = true
      end
    end
  end
  return may
end

local may = read_order()
assert(next(may), "doc/architecture.md has no line such as `base < service`")
local broken = 0

local function complain(path, number, line)
  broken = broken + 1
  print(("%s:%d: %s"):format(path, number, line))
end

local function check(path, number, line, from, to)
  if to and not (may[from] or {})[to] then complain(path, number, line) end
end

-- Lua

local folders = { mde = "mde" }
for _, path in ipairs(files "'lua/mde/*.lua'") do
  local folder = path:match "^lua/mde/(%l+)/"
  if folder then folders[folder] = folder end
end

-- The folder of a module; nil for a module in C.
local function folder_of(module)
  return folders[module:match "^mde%.(%l+)" or module]
end

local function is_command(module) return module:find "^mde%.program%.commands%." ~= nil end

for _, path in ipairs(files "'lua/mde/*.lua'") do
  local own = "mde." .. path:match "^lua/mde/(.*)%.lua$":gsub("/init$", ""):gsub("/", ".")
  local from = path:match "^lua/mde/(%l+)/" or "mde"
  for number, line in ipairs(lines_of(path)) do
    for module in line:gsub("%-%-.*", ""):gmatch 'require *%(? *"(mde[%w_.]*)"' do
      check(path, number, line, from, folder_of(module))
      if is_command(module) and own ~= "mde.program" then complain(path, number, line) end
    end
  end
end

-- C

for _, path in ipairs(files "'src/*.[ch]'") do
  local from = path:match "^src/(%l+)/"
  for number, line in ipairs(lines_of(path)) do
    local to = line:match '^ *# *include "(%l+)/'
    if from and to then check(path, number, line, from, to) end
  end
end

os.exit(broken == 0)
