-- Reads the text of a policy and of the files that it requires.
--
-- They must be regular files of at most 256 KiB in the policy's folder or below it, also after
-- following links, and not in the folder of the configuration.

local config = require "mde.config.profiles"
local core = require "mde.core"
local errors = require "mde.base.errors"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

local source = {}

local MOST = 262144        -- bytes of a file
local MOST_FILES = 100     -- files that one policy requires
local MOST_SIZE = 4194304  -- bytes of these files together
local MISSING = 2          -- ENOENT
local ELSEWHERE = 18       -- EXDEV

local Source = {}
Source.__index = Source

function source.exists(path)
  local text, _, number = system.file.text(path, MOST)
  return text ~= nil or number ~= MISSING
end

-- Returns the identity of the file or folder at a path, or nil.
local function identity(path)
  local real, id = system.file.real(path)
  return real and id
end

local function default_place(name)
  return name ~= "MDE_CONFIG" and system.getenv(name) or nil
end

-- Returns the identities of the configuration file and its folder, for MDE_CONFIG and for the
-- default. -> set
local function secrets()
  local set = {}
  for _, getenv in ipairs { system.getenv, default_place } do
    local path = config.path(getenv)
    if path then
      for _, each in ipairs { path, path:match "^(.*/)" or "." } do
        local id = identity(each)
        if id then set[id] = true end
      end
    end
  end
  return set
end

local SECRET = "%s: a policy can't be in the folder of the configuration, which may have secrets:"
  .. " move it to another folder"

-- Reads the policy's text through the same folder as its modules. -> text | nil, message
local function read_main(self, real)
  local folder, problem = system.file.folder(self.folder)
  if not folder then return nil, problem end
  self.handle = folder
  local name = real:match "[^/]*$"
  local text, id = folder:text(name, MOST)
  if not text then return nil, self.path .. id:sub(#name + 1) end
  if self.secrets[folder:id()] or self.secrets[id] then return nil, SECRET:format(self.path) end
  return text
end

-- Reads a policy. -> source { path, text, folder, modules = { name -> text } } | nil, err
function source.read(path)
  local real, problem = system.file.real(path)
  if not real then return errors.invalid("%s", problem) end
  local self = setmetatable({ path = path, folder = real:match "^(.*/)", modules = {}, count = 0,
                              beside = path:match "^(.*/)" or "", secrets = secrets(),
                              size = 0 }, Source)
  self.text, problem = read_main(self, real)
  if self.text then return self end
  self:close()
  return errors.invalid("%s", problem)
end

-- Ends reading: no module is read after this.
function Source:close()
  self.is_complete = true
  if self.handle then self.handle:close() end
  self.handle = nil
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
  local text, id, number = self.handle:text(relative, MOST)
  if number == ELSEWHERE then
    return nil, ("require '%s': a link leads out of the policy's folder"):format(name)
  elseif not text then
    return nil, ("require '%s': %s"):format(name, id:gsub("^.*/", ""))
  end
  local folder = identity(self.folder .. (relative:match "^(.*/)" or ""))
  if self.secrets[id] or folder and self.secrets[folder] then
    return nil, ("require '%s': the file is in the folder of the configuration"):format(name)
  end
  self.size = self.size + #text
  if self.size > MOST_SIZE then
    return nil, ("require '%s': more than %d bytes in all"):format(name, MOST_SIZE)
  end
  return text
end

-- Returns a required module for a worker. It is read once, so the text is the same if the policy is
-- loaded again. -> text, chunk name | nil, message
function Source:resolve(name)
  local text = self.modules[name]
  if not text and self.is_complete then
    return nil, ("require '%s': call require only while the policy is loaded")
      :format(tostring(name))
  end
  if not text then
    local problem
    text, problem = load_module(self, name)
    if not text then return nil, problem end
    self.modules[name], self.count = text, self.count + 1
  end
  return text, self.beside .. file_of(name)
end

-- Returns the SHA-256 over the policy's text and its required modules, sorted by name.
function Source:hash()
  self:close()
  local digest = core.digest()
  local function add(name, text)
    digest:update(("%s\n%d\n"):format(name, #text)):update(text)
  end
  add("", self.text)
  for _, name in ipairs(tables.keys(self.modules)) do add(name, self.modules[name]) end
  return digest:hex()
end

return source
