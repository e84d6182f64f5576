-- Checks that the examples and the documents use public names only: lua5.4 FILE [EXAMPLE]...
--
-- FILE is lua/mde/types.lua. Prints each name that is not in it, or in a header of src/core, and
-- exits with 1.

local public = { _VERSION = true, profile = true }
for line in io.lines(arg[1]) do
  local owner, name = line:match "^function (%l+)[.:]([%w_]+)%("
  if owner then public[owner .. "." .. name] = true end
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

-- The Lua of a file, without comments and strings; of a document, its blocks of Lua.
local function code_of(path)
  local text = read(path)
  if path:find "%.md$" then
    local blocks = {}
    for block in text:gmatch "\n```lua\n(.-)\n```" do blocks[#blocks + 1] = block end
    text = table.concat(blocks, "\n")
  end
  return (text:gsub("%-%-%[%[.-%]%]", ""):gsub("%-%-[^\n]*", ""))
end

local bad = false
local function report(path, name)
  print(path .. ": " .. name .. " is not public: it is in no reference")
  bad = true
end

local function check_lua(path)
  local code = code_of(path)
  for name in code:gmatch 'require[%s(]*"(mde%.[^"]*)"' do report(path, name) end
  for owner, name in code:gsub('"[^"\n]*"', ""):gmatch "%f[%w_.](%l+)[.:]([%w_]+)" do
    local is_ours = owner == "mde" or owner == "client"
    if is_ours and not public[name] and not public[owner .. "." .. name] then
      report(path, owner .. "." .. name)
    end
  end
end

local function check_c(path)
  local pipe = assert(io.popen "cat src/core/*.h")
  local headers = pipe:read "a"
  pipe:close()
  for name in read(path):gmatch "%f[%w_]mde_[%w_]+" do
    if not headers:find(name, 1, true) then report(path, name) end
  end
end

for i = 2, #arg do
  if arg[i]:find "%.c$" then check_c(arg[i]) else check_lua(arg[i]) end
end
os.exit(not bad)
