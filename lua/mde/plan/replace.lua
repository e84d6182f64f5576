-- Writes a file that others read at any time: whole or not at all.
-- replace(path, text) -> true | nil, message

return function(path, text)
  local new = path .. ".new"
  local handle, problem = io.open(new, "wb")
  local done = handle
  if handle then
    done, problem = handle:write(text)
    local closed, other = handle:close()
    if done and not closed then done, problem = nil, other end
  end
  if done then done, problem = os.rename(new, path) end
  if done then return true end
  if handle then os.remove(new) end
  return nil, problem
end
