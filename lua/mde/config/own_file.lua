-- Opens files that must be this user's own, or root's, and that no other user can write: the
-- configuration and the files with secrets. Plain Lua without mde.file can't ask whose a file
-- is, and opens it.

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
