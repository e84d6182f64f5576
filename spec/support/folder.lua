-- Makes a spec's folder: before_each(files.make), after_each(files.remove).

local folder = {}

function folder.new()
  local self, name = {}, nil

  function self.make()
    name = os.tmpname()
    os.remove(name)
    assert(os.execute("mkdir " .. name))
  end

  function self.remove() os.execute("rm -rf " .. name) end

  function self.path(file) return name .. "/" .. file end

  function self.put(file, content)
    local handle = assert(io.open(self.path(file), "wb"))
    handle:write(content)
    handle:close()
    return self.path(file)
  end

  -- The content of a file, or nil.
  function self.read(file)
    local handle = io.open(self.path(file), "rb")
    local content = handle and handle:read "*a"
    if handle then handle:close() end
    return content
  end

  return self
end

return folder
