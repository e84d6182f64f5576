-- A playbook's file, and the modules beside it.

local process = require "mde.process"

local playbook = {}

local ENDINGS = { ".lua", "/init.lua" }

-- Loads the module from a file in the folder, as Lua's own searchers do. -> loader, path
-- | message: where it is not
local function find(folder, module)
  local missing = {}
  for i, ending in ipairs(ENDINGS) do
    local path = folder .. module:gsub("%.", "/") .. ending
    local file = io.open(path, "rb")
    if file then
      file:close()
      local loader, problem = loadfile(path)
      if loader then return loader, path end
      error(("error loading module '%s' from file '%s':\n\t%s"):format(module, path, problem), 0)
    end
    missing[i] = ("no file '%s'"):format(path)
  end
  return table.concat(missing, "\n\t")
end

-- Loads the file. From now on `require` finds modules in its folder, after all others, so
-- that none there takes the place of a module of this program. -> function | nil, message
function playbook.load(path)
  local chunk, problem = loadfile(path)
  local folder = chunk and (process.real_path(path) or ""):match "^.*/"
  if folder then
    table.insert(package.searchers, function(module) return find(folder, module) end)
  end
  return chunk, problem
end

return playbook
