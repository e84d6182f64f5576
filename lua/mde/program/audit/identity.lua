-- The id of an audit log, in a file of its own beside it: `audit.id` for `audit.jsonl`. It
-- stays when the log is moved away, so that the next file continues the same chain. The
-- journal keeps the end of each log by its id. Reads and writes that file.

local core = require "mde.core"
local system = require "mde.program.system"

local identity = {}

local FORM = "^(%x+%-%x+%-%x+%-%x+%-%x+)\n$"
local IN_LINE = '"log":"(%x+%-%x+%-%x+%-%x+%-%x+)"'  -- quotes within texts are escaped
local MOST = 1048576                                 -- bytes that are read of a log's end

-- The id that the last line of the log at `path` has | nil
local function from_log(path)
  local log <close> = system.file.log(path, "read")
  local size = log and log:size() or 0
  local from = math.max(0, size - MOST)
  local text = size > 0 and log:read(from, size - from) or ""
  return text:match("^.*" .. IN_LINE)
end

-- The id that a line has | nil
function identity.of_line(line)
  return line:match(IN_LINE)
end

-- Where the id of the log at `path` is kept.
function identity.path(path)
  return (path:gsub("%.jsonl$", "") .. ".id")
end

local function read(kept)
  local text, problem, number = kept:read(0, 64)
  if not text then return nil, problem, number end
  return text:match(FORM) or false
end

local function write(kept, id)
  local done, problem, number = kept:truncate(0)
  if done then done, problem, number = kept:append(id .. "\n") end
  if done then done, problem, number = kept:sync() end
  if done then return id end
  return nil, problem, number
end

-- The id of the log at `path` | nil if it has none yet
function identity.get(path)
  local kept <close> = system.file.log(identity.path(path), "read")
  return kept and read(kept) or from_log(path)
end

-- The id of the log at `path`, which gets one if it has none. -> id | nil, message, errno
function identity.find(path)
  local kept <close>, problem, number = system.file.log(identity.path(path))
  if not kept then return nil, problem, number end
  local done
  done, problem, number = kept:lock()
  if not done then return nil, problem, number end
  local id
  id, problem, number = read(kept)
  if id ~= false then return id, problem, number end
  return write(kept, from_log(path) or core.random_guid())
end

return identity
