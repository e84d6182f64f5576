-- Makes requests for the engine: to the service, to other hosts, for a credential.
--
-- Methods of a client; nothing is sent here.

local transport = {}

local JSON = "application/json"

-- The metatable of a client's requests, with the fields that all have in common.
local function shared_fields(self)
  return { __index = { timeout = self.request_timeout, connect_timeout = self.connect_timeout,
                       ca_file = self.ca_file, http_version = self.http_version } }
end

-- A request of the engine to `address`.
function transport:transport(method, address, headers, body, proxy)
  self.request_fields = self.request_fields or shared_fields(self)
  local request = { method = method, url = address, headers = headers, body = body }
  if proxy then request.proxy = proxy end
  return setmetatable(request, self.request_fields)
end

-- The headers of a request to the service. Requests that follow each other share a table.
local function headers_of(self, header, content_type)
  local last = self.last_headers
  if last.authorization ~= header or last["content-type"] ~= content_type then
    last = { authorization = header, accept = JSON, ["user-agent"] = self.user_agent,
             ["content-type"] = content_type }
    self.last_headers = last
  end
  return last
end

-- The request for an encoded operation.
function transport:to_service(encoded, header)
  local body = encoded.body
  return self:transport(encoded.method, self.api_url .. encoded.path,
    headers_of(self, header, body and (encoded.content_type or JSON) or nil), body, self.api_proxy)
end

-- The request to another host, such as one for a file that the service links to.
function transport:to_other(encoded)
  encoded.headers["user-agent"] = self.user_agent
  return self:transport(encoded.method, encoded.url, encoded.headers, nil,
    self.proxy_to(encoded.url))
end

-- A credential whose requests, if it makes any, use the client's proxy and timeouts.
function transport:transported(credential)
  local own = { header = credential.header, read = credential.read, failed = credential.failed,
                identity = credential.identity }
  own.request = credential.request and function()
    local wanted, err, got = credential.request()
    if not wanted then return nil, err, got end
    wanted.headers["user-agent"] = self.user_agent
    local request = self:transport(wanted.method, wanted.url, wanted.headers, wanted.body,
      not wanted.is_direct and self.authority_proxy or nil)
    request.connect_timeout = math.min(wanted.connect_timeout or math.huge, self.connect_timeout)
    return request
  end
  return own
end

return transport
