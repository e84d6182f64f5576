-- Reads the samples of the service and its documentation in spec/support/samples.

local samples = {}

local FOLDER = "spec/support/samples/"

-- The bytes of one.
function samples.read(name)
  local file = assert(io.open(FOLDER .. name, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

-- The names of those that match a pattern, sorted.
function samples.names(pattern)
  local names = {}
  local list = assert(io.popen("ls " .. FOLDER))
  for name in list:lines() do
    if name:find(pattern) then names[#names + 1] = name end
  end
  list:close()
  return names
end

-- One as the body of an answer of the service.
function samples.response(name, status, headers)
  return { status = status, headers = headers or {}, body = samples.read(name) }
end

return samples
