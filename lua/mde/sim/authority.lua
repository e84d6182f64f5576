-- Microsoft Entra, as far as an application needs it: the token endpoint of one
-- tenant with one application, and the tokens it has issued.
--
-- Tokens are signed as Entra's are, with the simulator's own key; the service itself
-- takes those that this authority has issued.

local cjson = require "cjson"
local date = require "mde.date"
local form = require "mde.sim.form"
local key = require "mde.sim.key"
local random_numbers = require "mde.sim.random"

local authority = {}

local Authority = {}
Authority.__index = Authority

local RESOURCE = "https://api.securitycenter.microsoft.com"

-- `options`: tenant, client_id, client_secret, roles (array), token_lifetime
-- (seconds), now() (seconds since 1970), random.
function authority.new(options)
  return setmetatable({ options = options, tokens = {} }, Authority)
end

-- A token with the application's roles, or those given; `delegated` if they are those
-- of somebody who signed in.
function Authority:issue(roles, delegated)
  local options = self.options
  local now = math.floor(options.now())
  roles = roles or options.roles
  local claims = {
    aud = RESOURCE, iss = "https://sts.windows.net/" .. options.tenant .. "/",
    iat = now, nbf = now, exp = now + options.token_lifetime, ver = "1.0",
    appid = options.client_id, tid = options.tenant,
    roles = #roles > 0 and not delegated and roles or nil,
    scp = delegated and table.concat(roles, " ") or nil,
    uti = random_numbers.hex(options.random, 32),
  }
  local token = key.sign(claims)
  self.tokens[token] = { expires = options.now() + options.token_lifetime, roles = roles,
                         delegated = delegated }
  return token
end

-- The roles of the token in an Authorization header, nil, whether they are delegated
-- | nil, why not
function Authority:roles(header)
  local text = (header or ""):match "^[Bb]earer (.+)$"
  if not text then return nil, "The request has no bearer token." end
  local token = self.tokens[text]
  if not token then return nil, "The token is not valid." end
  if token.expires <= self.options.now() then
    return nil, "Lifetime validation failed, the token is expired."
  end
  return token.roles, nil, token.delegated
end

-- Makes the token in an Authorization header worthless.
function Authority:revoke(header)
  self.tokens[(header or ""):match "^[Bb]earer (.+)$" or ""] = nil
end

-- {{ The endpoint

local function json(status, body)
  return { status = status, body = body,
           headers = { ["content-type"] = "application/json; charset=utf-8",
                       ["cache-control"] = "no-store, no-cache", pragma = "no-cache" } }
end

function Authority:refuse(status, name, number, message)
  local guid = random_numbers.guid
  local trace, correlation = guid(self.options.random), guid(self.options.random)
  local moment = date.text(self.options.now()):gsub("T", " ")
  return json(status, cjson.encode {
    error = name, error_codes = { number }, timestamp = moment,
    error_description = ("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s")
      :format(number, message, trace, correlation, moment),
    trace_id = trace, correlation_id = correlation,
    error_uri = "https://login.microsoftonline.com/error?code=" .. number,
  })
end

-- Answers POST /{tenant}/oauth2/v2.0/token.
function Authority:answer(request, tenant)
  local options = self.options
  local fields = form.decode(request.body or "")
  if tenant:lower() ~= options.tenant:lower() then
    return self:refuse(400, "invalid_request", 90002,
      ("Tenant '%s' not found. Check to make sure you have the correct tenant ID."):format(tenant))
  end
  for _, name in ipairs { "grant_type", "client_id", "scope" } do
    if (fields[name] or "") == "" then
      return self:refuse(400, "invalid_request", 900144,
        ("The request body must contain the following parameter: '%s'."):format(name))
    end
  end
  if fields.grant_type ~= "client_credentials" then
    return self:refuse(400, "unsupported_grant_type", 70003,
      ("The app requested an unsupported grant type '%s'."):format(fields.grant_type))
  end
  if fields.client_id:lower() ~= options.client_id:lower() then
    return self:refuse(400, "unauthorized_client", 700016,
      ("Application with identifier '%s' was not found in the directory '%s'.")
        :format(fields.client_id, tenant))
  end
  if fields.client_secret ~= options.client_secret then
    return self:refuse(401, "invalid_client", 7000215,
      ("Invalid client secret provided. Ensure the secret being sent in the request is the "
       .. "client secret value, not the client secret ID, for a secret added to app '%s'.")
        :format(options.client_id))
  end
  if fields.scope ~= RESOURCE .. "/.default" then
    return self:refuse(400, "invalid_scope", 70011,
      ("The provided value for the input parameter 'scope' is not valid. "
       .. "The scope %s is not valid."):format(fields.scope))
  end
  return json(200, cjson.encode { token_type = "Bearer", access_token = self:issue(),
    expires_in = options.token_lifetime, ext_expires_in = options.token_lifetime })
end

-- }}

return authority
