-- Encodes multipart/form-data (RFC 7578), the body of an upload.

local multipart = {}

-- A boundary that occurs in no part. `random()` gives a number in [0, 1).
local function boundary_for(parts, random)
  while true do
    local boundary = ("mde-%08x%08x"):format(math.floor(random() * 2 ^ 31),
      math.floor(random() * 2 ^ 31))
    local is_free = true
    for _, part in ipairs(parts) do
      if part[2]:find(boundary, 1, true) then is_free = false end
    end
    if is_free then return boundary end
  end
end

-- Quotes a name for a header. Escapes the characters that it must not contain, as browsers do.
local function quoted(text)
  return '"' .. text:gsub('[\r\n"]', { ["\r"] = "%0D", ["\n"] = "%0A", ['"'] = "%22" }) .. '"'
end

-- Parts are { name, content } or, for a file, { name, content, file name }.
-- -> body, content type
function multipart.encode(parts, random)
  local boundary, lines = boundary_for(parts, random), {}
  local function add(text) lines[#lines + 1] = text end
  for _, part in ipairs(parts) do
    add("--" .. boundary)
    add("Content-Disposition: form-data; name=" .. quoted(part[1])
      .. (part[3] and "; filename=" .. quoted(part[3]) or ""))
    if part[3] then add "Content-Type: application/octet-stream" end
    add ""
    add(part[2])
  end
  add("--" .. boundary .. "--")
  add ""
  return table.concat(lines, "\r\n"), "multipart/form-data; boundary=" .. boundary
end

return multipart
