-- The files of a host, in memory. A power failure loses what was not synced.
--
-- `files.module(disk, process)` has the functions of mde.file (src/modules) for one process.

local files = {}

-- A disk

local Disk = {}
Disk.__index = Disk

-- -> the file at a path, which is created if needed
function Disk:file(path)
  local file = self.files[path]
  if not file then
    file = { path = path, text = "", synced = "", users = {} }
    self.files[path] = file
  end
  return file
end

function Disk:read(path)
  local file = self.files[path]
  return file and file.text
end

-- Replaces a file's content; `synced`: also on the disk.
function Disk:write(path, text, synced)
  local file = self:file(path)
  file.text = text
  if synced then file.synced = text end
end

-- A power failure: all locks are free, and each file has its synced content and `share` of the
-- bytes after that.
function Disk:lose_power(share)
  for _, path in ipairs(files.sorted(self.files)) do
    local file = self.files[path]
    file.users = {}
    if file.text:sub(1, #file.synced) == file.synced then
      local more = math.floor((#file.text - #file.synced) * share)
      file.text = file.text:sub(1, #file.synced + more)
    else
      file.text = file.synced
    end
    file.synced = file.text
  end
end

-- Frees the locks of a process that ended.
function Disk:release(process)
  for _, file in pairs(self.files) do
    for handle in pairs(file.users) do
      if handle.process == process then file.users[handle] = nil end
    end
  end
end

function files.sorted(set)
  local keys = {}
  for key in pairs(set) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

function files.disk()
  return setmetatable({ files = {}, full = false }, Disk)
end

local FULL = 28  -- ENOSPC
local NO_FILES = { all = true, files = true }  -- parts of a full disk

-- Locks a file for a handle unless another handle keeps it out. -> whether it is locked
local function try_lock(file, handle, shared)
  for other, kind in pairs(file.users) do
    if other ~= handle and not (shared and kind == "shared") then return false end
  end
  file.users[handle] = shared and "shared" or "exclusive"
  return true
end

-- Logs: see src/modules/file.c

local Log = {}
Log.__index = Log

function Log:lock()
  self.process:touch("lock", self.file.path)
  return try_lock(self.file, self, self.read_only)
end

function Log:unlock()
  self.file.users[self] = nil
  return true
end

function Log:size()
  return #self.file.text
end

function Log:read(offset, count)
  return self.file.text:sub(offset + 1, offset + count)
end

function Log:append(text)
  local process, file = self.process, self.file
  local partly = process:touch("append", file.path)
  if partly then
    file.text = file.text .. text:sub(1, math.floor(#text * partly))
    process:die()
  end
  if NO_FILES[process.host.disk.full] then return nil, "No space left on device", FULL end
  file.text = file.text .. text
  process.world:on_append(process, file.path, text)
  return true
end

function Log:truncate(size)
  self.process:touch("truncate", self.file.path)
  self.file.text = self.file.text:sub(1, size)
  return true
end

function Log:sync()
  self.process:touch("sync", self.file.path)
  self.file.synced = self.file.text
  return true
end

function Log:close()
  self.file.users[self] = nil
end

Log.__close = Log.close

-- Locks

local Lock = {}
Lock.__index = Lock

function Lock:write(text)
  self.file.text = text
  return true
end

function Lock:release()
  self.file.users[self] = nil
end

function Lock:remove()
  self:release()
  self.process.host.disk.files[self.file.path] = nil
  return true
end

Lock.__close = Lock.release

-- -> the functions of mde.file
function files.module(process)
  local disk = process.host.disk
  local module = {}

  local function missing(path)
    return nil, path .. ": No such file or directory", 2
  end

  function module.make_folder() return true end
  function module.boot() return process.host.boot end
  function module.mode() return 384 end
  function module.check() return true end
  function module.identity(path) return path end
  function module.holder() end
  function module.sleep(seconds) process:sleep(seconds) end
  function module.kind(path) return disk.files[path] and "file" or nil end

  function module.log(path, how)
    process:touch("open", path)
    if how == "read" and not disk.files[path] then return missing(path) end
    return setmetatable({ file = disk:file(path), process = process, read_only = how == "read" },
      Log)
  end

  function module.lock(path, shared)
    process:touch("lock", path)
    local handle = setmetatable({ file = disk:file(path), process = process }, Lock)
    return try_lock(handle.file, handle, shared == "shared") and handle
  end

  function module.text(path, most)
    local text = disk:read(path)
    if not text then return missing(path) end
    if #text > most then return nil, ("%s: longer than %d bytes"):format(path, most) end
    return text, path
  end

  function module.real(path)
    if not disk.files[path] then return missing(path) end
    return path, path
  end

  -- A folder, for reading a policy by its name.
  function module.folder(folder)
    return {
      text = function(_, name, most) return module.text(folder .. name, most) end,
      id = function() return folder end,
      close = function() end,
    }
  end

  function module.replace(path, text)
    process:touch("replace", path)
    if NO_FILES[disk.full] then return nil, path .. ": No space left on device", FULL end
    disk:write(path, text, true)
    process.world:on_replace(process, path, text)
    return true
  end

  return module
end

return files
