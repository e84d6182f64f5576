-- Reads a whole file. This module does I/O itself.

local system = require "mde.base.system"

local content = {}

-- The content of the file at `path`, at most its first `most` bytes. `check(handle, path)` may
-- refuse the open file: nil, message. -> text | nil, message with the path
function content.read(path, most, check)
  local handle, problem = system.open(path, "rb")
  if not handle then return nil, problem end
  local text, is_good = nil, true
  if check then is_good, problem = check(handle, path) end
  if is_good then
    text, problem = handle:read(most or "*a")
    if not text then
      if problem then problem = ("%s: %s"):format(path, problem) else text = "" end
    end
  end
  handle:close()
  return text, problem
end

-- Reads a file that only this user or root can write: configuration and secrets. Without mde.file,
-- Lua can't check owner and mode. -> text | nil, message with the path
function content.read_own(path, most)
  return content.read(path, most, system.file and system.file.check)
end

return content
