-- Simulates the endpoints of managed identities: VM, App Service, Azure Arc.
--
-- `self` is mde.simulator.authority. The sources are those of mde.auth.managed_identity.

local form = require "mde.simulator.form"

local metadata = {}

local MACHINE, APP_SERVICE = "/metadata/identity/oauth2/token", "/msi/token"

function metadata.is_endpoint(path)
  return path == MACHINE or path == APP_SERVICE
end

local function refuse(self, status, name, description)
  return self:json(status, { error = name, error_description = description })
end

-- The answer of a machine that is not in Azure.
local function absent()
  return { status = 404, headers = { ["content-type"] = "text/html" },
           body = "<html><body><h1>404 Not Found</h1></body></html>" }
end

-- The answer with a token. Its numbers are text.
local function grant(self, resource, with_lifetime)
  local now, lifetime = math.floor(self.options.now()), self.options.token_lifetime
  return self:json(200, {
    access_token = self:issue(nil, false, { aud = resource, appid = self.sign_in.identity }),
    client_id = self.sign_in.identity, resource = resource, token_type = "Bearer",
    expires_in = with_lifetime and ("%d"):format(lifetime) or nil,
    expires_on = ("%d"):format(now + lifetime), not_before = ("%d"):format(now),
  })
end

-- The token for the requested identity and resource.
local function answer_query(self, query, with_lifetime)
  local resource = self:find_resource((query.resource or "") .. "/.default")
  if not resource then
    return refuse(self, 400, "invalid_resource", "AADSTS500011: The resource principal named "
      .. tostring(query.resource) .. " was not found.")
  end
  if query.client_id and query.client_id:lower() ~= self.sign_in.identity:lower() then
    return refuse(self, 400, "invalid_request", "Identity not found")
  end
  return grant(self, resource, with_lifetime)
end

-- Counts a setting down. -> true while it was above 0
local function strikes(self, name)
  if self.sign_in[name] <= 0 then return false end
  self.sign_in[name] = self.sign_in[name] - 1
  return true
end

local function answer_vm(self, query)
  if query["api-version"] ~= "2018-02-01" then
    return refuse(self, 400, "invalid_request", "Required query variable 'api-version' is missing")
  end
  if strikes(self, "identity_404") then return refuse(self, 404, "not_found", "Not ready") end
  if strikes(self, "identity_410") then return refuse(self, 410, "gone", "Being updated") end
  return answer_query(self, query, true)
end

local function answer_arc(self, query, request)
  local key = self.sign_in.arc_key
  if request.headers.authorization == "Basic " .. key.content then
    return answer_query(self, query, true)
  end
  local answer = refuse(self, 401, "unauthorized", "The key is asked for")
  answer.headers["www-authenticate"] = "Basic realm=" .. key.path
  return answer
end

local function answer_app_service(self, query, request)
  if request.headers["x-identity-header"] ~= self.sign_in.identity_header then
    return refuse(self, 401, "unauthorized", "The identity header is wrong")
  end
  return answer_query(self, query, false)
end

function metadata.answer(self, request)
  local path, text = request.path:match "^([^?]*)%??(.*)$"
  local query = form.decode(text)
  if not self.sign_in.identity or request.headers["x-forwarded-for"] then return absent() end
  if path:lower() == APP_SERVICE then return answer_app_service(self, query, request) end
  if request.headers.metadata ~= "true" then
    return refuse(self, 400, "invalid_request", "Required metadata header not specified")
  end
  if self.sign_in.arc_key and query["api-version"] == "2019-11-01" then
    return answer_arc(self, query, request)
  end
  return answer_vm(self, query)
end

return metadata
