-- The text of a policy and of the files that it requires: regular files of at most 256 KiB,
-- which are at or below the policy's folder, whatever links say.

local core = require "mde.core"
local errors = require "mde.errors"
local file = require "mde.file"

local source = {}

local MOST = 262144        -- bytes of a file
local MOST_FILES = 100     -- that one policy requires
local MISSING = 2          -- ENOENT

local Source = {}
Source.__index = Source

-- Whether there is such a file.
function source.exists(path)
  local text, _, number = file.text(path, MOST)
  return text ~= nil or number ~= MISSING
end

-- The text of a policy. -> source { path, text, folder, modules = { name -> text } } | nil, err
function source.read(path)
  local text, real = file.text(path, MOST)
  if not text then return errors.invalid("%s", real) end
  return setmetatable({ path = path, text = text, folder = real:match "^(.*/)",
                        beside = path:match "^(.*/)" or "", modules = {}, count = 0 }, Source)
end

local NAME = "^[%w_-]+[%w_.-]*$"

-- "people" or "shared.people" -> its file below the folder | nil, message
local function file_of(name)
  if type(name) ~= "string" or #name > 200 or not name:find(NAME) or name:find("..", 1, true)
     or name:find "%.$" then
    return nil, ("require: '%s' is not the name of a file at or below the policy's folder, such"
      .. " as people or shared.people"):format(errors.line(tostring(name), 60))
  end
  return name:gsub("%.", "/") .. ".lua"
end

local function load_module(self, name)
  local relative, problem = file_of(name)
  if not relative then return nil, problem end
  if self.count >= MOST_FILES then
    return nil, ("require: more than %d files"):format(MOST_FILES)
  end
  local text, real = file.text(self.folder .. relative, MOST)
  if not text then return nil, ("require '%s': %s"):format(name, real:gsub("^.*/", "")) end
  if real:sub(1, #self.folder) ~= self.folder then
    return nil, ("require '%s': a link that leads out of the policy's folder"):format(name)
  end
  return text
end

-- What a policy requires, for a worker. The first time it is read; it is the same text
-- whenever the policy is loaded again. -> text, chunk name | nil, message
function Source:resolve(name)
  local text = self.modules[name]
  if not text and self.is_complete then
    return nil, ("require '%s': only while the policy is loaded"):format(tostring(name))
  end
  if not text then
    local problem
    text, problem = load_module(self, name)
    if not text then return nil, problem end
    self.modules[name], self.count = text, self.count + 1
  end
  return text, self.beside .. file_of(name)
end

-- SHA-256 over the policy's text and all it has required, in the order of their names.
function Source:hash()
  self.is_complete = true
  local names, digest = {}, core.digest()
  for name in pairs(self.modules) do names[#names + 1] = name end
  table.sort(names)
  local function add(name, text)
    digest:update(("%s\n%d\n"):format(name, #text)):update(text)
  end
  add("", self.text)
  for _, name in ipairs(names) do add(name, self.modules[name]) end
  return digest:hex()
end

return source
