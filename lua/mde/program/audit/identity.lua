-- Reads and writes the id of an audit log, in `audit.id` beside `audit.jsonl`.
--
-- The id stays if the log is moved away, so that the next file continues the same chain. The
-- journal keeps the end of each log under its id.

local core = require "mde.core"
local lock = require "mde.program.audit.lock"
local system = require "mde.program.system"

local identity = {}

local FORM = "^(%x+%-%x+%-%x+%-%x+%-%x+)\n$"
local IN_LINE = '"log":"(%x+%-%x+%-%x+%-%x+%-%x+)"'  -- quotes within texts are escaped
local MOST = 1048576                                 -- bytes read of a log's end

-- Returns the id in the last line of the log at `path`, or nil.
local function from_log(path)
  local log <close> = system.file.log(path, "read")
  local size = log and log:size() or 0
  local from = math.max(0, size - MOST)
  local text = size > 0 and log:read(from, size - from) or ""
  return text:match("^.*" .. IN_LINE)
end

function identity.of_line(line)
  return line:match(IN_LINE)
end

-- Returns the path of the file with the id of the log at `path`.
function identity.path(path)
  return (path:gsub("%.jsonl$", "") .. ".id")
end

local function write(kept, id)
  lock.checked(kept:truncate(0))
  lock.checked(kept:append(id .. "\n"))
  lock.checked(kept:sync())
  return id
end

-- Returns the id of the log at `path`, or nil if it has none yet.
function identity.get(path)
  local kept <close> = system.file.log(identity.path(path), "read")
  return (kept and kept:read(0, 64) or ""):match(FORM) or from_log(path)
end

-- Returns the id of the log at `path`, and creates it if needed. Raises: see lock.checked.
function identity.find(path)
  local kept <close> = lock.open(identity.path(path))
  return lock.checked(kept:read(0, 64)):match(FORM)
         or write(kept, from_log(path) or core.random_guid())
end

return identity
