-- Reads files that only this user or root can write: configuration and secrets.
--
-- Without mde.file, Lua can't check the owner and mode of a file, and reads it unchecked.

local content = require "mde.base.content"
local system = require "mde.base.system"

local own = {}

-- -> text, at most its first `most` bytes | nil, message
function own.read(path, most)
  local file = system.file
  return content.read(path, most, file and file.check or nil)
end

return own
