-- Opens files that only this user or root can write: configuration and secrets.
--
-- Without mde.file, Lua can't check the owner and mode of a file, and opens it unchecked.

local own = {}

-- -> file handle, open for reading | nil, message
function own.open(path)
  local handle, problem = io.open(path, "rb")
  if not handle then return nil, problem end
  local known, file = pcall(require, "mde.file")
  if not known then return handle end
  local is_ours
  is_ours, problem = file.check(handle, path)
  if is_ours then return handle end
  handle:close()
  return nil, problem
end

return own
