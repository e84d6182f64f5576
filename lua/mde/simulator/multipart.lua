-- Decodes multipart/form-data (RFC 7578), the body of an upload.

local multipart = {}

-- The value of a part's name or filename, quoted or not.
local function parameter(disposition, name)
  return disposition:match('[; ]' .. name .. '="([^"]*)"')
    or disposition:match("[; ]" .. name .. "=([^; ]+)")
end

local function read_part(head, content)
  local disposition = ("\r\n" .. head .. "\r\n")
    :match "\r\n[Cc]ontent%-[Dd]isposition:([^\r]*)\r\n"
  local name = disposition and parameter(disposition, "name")
  return name and { name = name, filename = parameter(disposition, "filename"),
                    content = content }
end

-- Content-Type and body of a request -> array of { name =, filename =, content = } | nil if it is
-- not such a body, or not complete
function multipart.decode(kind, body)
  local boundary = kind:match '^multipart/form%-data;.*boundary="([^"]+)"'
    or kind:match "^multipart/form%-data;.*boundary=([^; ]+)"
  if not boundary then return nil end
  local parts, mark = {}, "\r\n--" .. boundary
  body = "\r\n" .. body
  local start, stop = body:find(mark, 1, true)
  while start do
    local after = body:sub(stop + 1, stop + 2)
    if after == "--" then return parts end
    local head_end, content_start = body:find("\r\n\r\n", stop + 1, true)
    if after ~= "\r\n" or not head_end then return nil end
    local head = body:sub(stop + 3, head_end - 1)
    start, stop = body:find(mark, content_start + 1, true)
    if not start then return nil end
    local part = read_part(head, body:sub(content_start + 1, start - 1))
    if not part then return nil end
    parts[#parts + 1] = part
  end
  return nil
end

return multipart
