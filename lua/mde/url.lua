-- URLs: percent-encoding, and the bases that a client may be given.

local url = {}

-- Percent-encodes everything but unreserved characters (RFC 3986, 2.3).
function url.encode(text)
  return (text:gsub("[^%w%-%._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- Body of an application/x-www-form-urlencoded request from a list of
-- { name, value }.
function url.form(fields)
  local parts = {}
  for i, field in ipairs(fields) do
    parts[i] = url.encode(field[1]) .. "=" .. url.encode(field[2])
  end
  return table.concat(parts, "&")
end

-- The host of a base as `url.base` returns it.
function url.host(base)
  return base:match "^%a+://(%[[^%]]*%])" or base:match "^%a+://([^:/]+)"
end

local function is_loopback(host)
  return host == "[::1]" or host:find "^127%.%d+%.%d+%.%d+$" ~= nil
end

-- Checks a scheme, host and optional port, such as "https://host" or
-- "http://127.0.0.1:8080/". -> the same in lower case without a last slash |
-- nil, what was expected
function url.base(text)
  local scheme, authority = text:lower():match "^(https?)://([%w%.%-:%[%]]+)/?$"
  if not scheme then return nil, "https://HOST, without path, user or query" end
  local base = scheme .. "://" .. authority
  local host, rest = url.host(base), nil
  rest = host and authority:sub(#host + 1)
  if not host or (rest ~= "" and not rest:find "^:%d+$") then
    return nil, "https://HOST, without path, user or query"
  end
  if scheme == "http" and not is_loopback(host) then
    return nil, "https://…: plain http is for loopback addresses (127.0.0.1, [::1]) only"
  end
  return base
end

-- Whether the environment's no_proxy list names `host`: "*", a name, or a domain
-- with or without a leading dot. Loopback never goes through a proxy.
function url.is_direct(host, no_proxy)
  if is_loopback(host) then return true end
  for entry in (no_proxy or ""):lower():gmatch "[^,%s]+" do
    local domain = entry:gsub("^%.", "")
    if entry == "*" or host == domain or host:sub(-#domain - 1) == "." .. domain then
      return true
    end
  end
  return false
end

return url
