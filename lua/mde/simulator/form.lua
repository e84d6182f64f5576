-- Decodes application/x-www-form-urlencoded bodies and query strings.

local form = {}

-- "a%20b+c" -> "a b+c", for paths
function form.unescape(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function unescape(text)
  return form.unescape((text:gsub("+", " ")))
end

-- "a=1&b=x%20y" -> { a = "1", b = "x y" }. The last of a repeated name counts.
function form.decode(text)
  local fields = {}
  for pair in text:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    fields[unescape(name)] = unescape(value)
  end
  return fields
end

return form
