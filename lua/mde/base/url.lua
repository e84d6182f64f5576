-- URLs: percent-encoding, forms, checks of base URLs, and no_proxy.

local url = {}

-- Percent-encodes everything but unreserved characters (RFC 3986, 2.3), in any locale.
function url.encode(text)
  return (text:gsub("[^A-Za-z0-9%-%._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- The application/x-www-form-urlencoded body for an array of { name, value }.
function url.form(fields)
  local parts = {}
  for i, field in ipairs(fields) do
    parts[i] = url.encode(field[1]) .. "=" .. url.encode(field[2])
  end
  return table.concat(parts, "&")
end

-- The host of a URL that begins with a base from `url.base`; an IPv6 address keeps its brackets.
function url.host(base)
  return base:match "^%a+://(%[[^%]]*%])" or base:match "^%a+://([^:/]+)"
end

-- Reports if a host is a loopback literal. The engine checks that its numbers are in range.
local function is_loopback(host)
  return host == "[::1]" or host:find "^127%.%d+%.%d+%.%d+$" ~= nil
end

-- Reports if a host, and the port after it, are well-formed.
local function is_authority(host, port)
  if not (host:find "^[%w%.%-]+$" or host:find "^%[[%x:%.]+%]$") then return false end
  return port == "" or port:find "^:%d+$" ~= nil and tonumber(port:sub(2)) <= 65535
end

-- Checks a scheme, host and optional port, such as "https://host" or
-- "http://127.0.0.1:8080/". -> it in lower case without a last slash | nil, expected form
function url.base(text)
  local base = text:lower():gsub("/$", "")
  local scheme = base:match "^(https?)://"
  local host = scheme and url.host(base)
  if not host or not is_authority(host, base:sub(#scheme + 4 + #host)) then
    return nil, "https://HOST, without path, user or query"
  end
  if scheme == "http" and not is_loopback(host) then
    return nil, "https://…: plain http is for loopback addresses (127.0.0.1, [::1]) only"
  end
  return base
end

-- An entry of a list of hosts, without its port or brackets.
local function bare(host)
  return host:match "^%[(.*)%]" or host:match "^([^:]*):%d+$" or host
end

-- Reports if `host` (from url.host) is reached without a proxy: it is loopback, or the
-- environment's no_proxy list names it. An entry is "*", a name, an address, or a domain with
-- or without "." or "*." in front. Ports are ignored; ranges such as 10.0.0.0/8 are not
-- supported.
function url.is_direct(host, no_proxy)
  if is_loopback(host) then return true end
  host = bare(host)
  for entry in (no_proxy or ""):lower():gmatch "[^,%s]+" do
    local domain = bare(entry):gsub("^%*?%.", "")
    if entry == "*" or host == domain or host:sub(-#domain - 1) == "." .. domain then
      return true
    end
  end
  return false
end

return url
