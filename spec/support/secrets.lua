-- Writes the secrets sent between a program and a simulated service to a file.
--
-- Tests search for them where they do not belong. The file has one per line.

local secrets = {}

local Secrets = {}
Secrets.__index = Secrets

-- The secret fields of a form, and of the JSON of an answer.
local FIELDS = { "client_secret", "client_assertion", "refresh_token", "device_code", "assertion" }
local KEYS = { "access_token", "refresh_token", "device_code", "id_token" }

local function unescape(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

function Secrets:add(text)
  if not text or #text < 8 or self.known[text] then return end
  self.known[text] = true
  self.file:write(text, "\n")
  self.file:flush()
end

-- Records the secrets in a request and its answer, unchanged and percent-encoded.
function Secrets:note(request, answer)
  self:add((request.headers.authorization or ""):match "%S+$")
  self:add(request.path:match "[?&]sig=([^&]+)")
  for _, field in ipairs(FIELDS) do
    local value = ("&" .. (request.body or "")):match("&" .. field .. "=([^&]*)")
    self:add(value)
    self:add(value and unescape(value))
  end
  for _, key in ipairs(KEYS) do
    self:add((answer.body or ""):match('"' .. key .. '":"(.-)"'))
  end
  self:add((answer.body or ""):match '[?&]sig=([^&\\"]+)')
end

function secrets.new(path)
  return setmetatable({ file = assert(io.open(path, "w")), known = {} }, Secrets)
end

return secrets
