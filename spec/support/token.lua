-- Makes an access token with given claims, for specs that only compare these.
--
-- It loads no C module, because the interpreter cannot under a sanitizer.

local cjson = require "cjson"

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

local function base64url(text)
  local bits = text:gsub(".", function(byte)
    local value, digits = byte:byte(), ""
    for i = 7, 0, -1 do digits = digits .. (value >> i & 1) end
    return digits
  end)
  return ((bits .. ("0"):rep(-#bits % 6)):gsub("%d%d%d%d%d%d", function(six)
    local position = tonumber(six, 2) + 1
    return ALPHABET:sub(position, position)
  end))
end

return function(tenant, application)
  local claims = cjson.encode { tid = tenant, appid = application, exp = 4102444800 }
  return base64url '{"alg":"none"}' .. "." .. base64url(claims) .. ".x"
end
