-- Simulates Microsoft Entra: one tenant with one application and one user.
--
-- mde.simulator.device has device codes and refresh tokens, mde.simulator.metadata managed
-- identities. Tokens are signed in the way of Entra, with the simulator's own key. The simulated
-- service accepts the tokens that this authority has issued.

local assertion = require "mde.simulator.assertion"
local cjson = require "cjson"
local cloud = require "mde.service.clouds"
local date = require "mde.base.date"
local device = require "mde.simulator.device"
local errors = require "mde.base.errors"
local form = require "mde.simulator.form"
local key = require "mde.simulator.key"
local metadata = require "mde.simulator.metadata"
local random_numbers = require "mde.simulator.random"
local reply = require "mde.simulator.reply"
local tables = require "mde.base.tables"

local authority = {}

local Authority = {}
Authority.__index = Authority

local RESOURCE = "https://api.securitycenter.microsoft.com"

-- The resources of all clouds, by their scopes.
local RESOURCES = {}
for _, place in pairs(cloud) do RESOURCES[place.scope] = place.scope:gsub("/%.default$", "") end

-- Settings of sign-in, with defaults. They may be changed at any time.
local SIGN_IN = {
  certificate = false,    -- a core.certificate that the application has registered
  federated = false,      -- array of tokens of other issuers that the application trusts
  domain = false,         -- the tenant's domain name, which may replace its id
  refusal = false,        -- { status, error, number, message }: the answer to every request
  user = "dana@contoso.com",
  is_public = true,       -- users may sign in to the application
  device = "approved",    -- the user's decision on a code; also "pending", "declined"
  device_after = 0,       -- seconds until the user decides
  device_interval = 5,    -- seconds between two polls
  device_lifetime = 900,  -- seconds that a code can be entered
  refresh_lifetime = 90 * 86400,  -- lifetime of a refresh token in seconds
  identity = false,       -- the client id of the machine's managed identity
  identity_404 = 0,       -- number of requests for it that are answered 404, not ready
  identity_410 = 0,       -- number that are answered 410, being updated
  identity_header = false,  -- the header that an App Service must send
  arc_key = false,        -- { path =, content = } of the key file of Azure Arc's agent
}

-- `options`: tenant, client_id, client_secret, roles (array), token_lifetime
-- (seconds), now() (seconds since 1970), random, sign_in (see above).
function authority.new(options)
  errors.check_keys("sign_in", options.sign_in or {}, SIGN_IN)
  return setmetatable({ options = options, sign_in = tables.merged(SIGN_IN, options.sign_in),
                        tokens = {}, assertions = {}, codes = {}, refresh_tokens = {} }, Authority)
end

-- Issues a token with `roles`, by default the application's; `delegated` if they are a user's.
-- `changes` are claims that replace the usual ones.
function Authority:issue(roles, delegated, changes)
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
  local token = key.sign(tables.merged(claims, changes))
  self.tokens[token] = { expires = options.now() + options.token_lifetime, roles = roles,
                         delegated = delegated }
  return token
end

-- The roles of the token in an Authorization header, nil, true if they are delegated
-- | nil, message
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

-- Invalidates the token in an Authorization header.
function Authority:revoke(header)
  self.tokens[(header or ""):match "^[Bb]earer (.+)$" or ""] = nil
end

-- The endpoints

function Authority:json(status, body)
  return { status = status, body = cjson.encode(body),
           headers = { ["content-type"] = "application/json; charset=utf-8",
                       ["cache-control"] = "no-store, no-cache", pragma = "no-cache" } }
end

-- Refuses the request that is handled, as the checks below do.
function Authority:refuse(status, name, number, message)
  local guid = random_numbers.guid
  local trace, correlation = guid(self.options.random), guid(self.options.random)
  local moment = date.text(self.options.now()):gsub("T", " ")
  reply.refuse(self:json(status, {
    error = name, error_codes = { number }, timestamp = moment,
    error_description = ("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s")
      :format(number, message, trace, correlation, moment),
    trace_id = trace, correlation_id = correlation,
    error_uri = "https://login.microsoftonline.com/error?code=" .. number,
  }))
end

-- Checks that a form has these fields.
function Authority:require(fields, ...)
  for _, name in ipairs { ... } do
    if (fields[name] or "") == "" then
      self:refuse(400, "invalid_request", 900144,
        ("The request body must contain the following parameter: '%s'."):format(name))
    end
  end
end

-- The resource in a scope, which may list other scopes too | nil
function Authority:find_resource(scope)
  for word in scope:gmatch "%S+" do
    if RESOURCES[word] then return RESOURCES[word] end
  end
  return nil
end

function Authority:resource(scope)
  local resource = self:find_resource(scope)
  if resource then return resource end
  self:refuse(400, "invalid_scope", 70011,
    ("The provided value for the input parameter 'scope' is not valid. "
     .. "The scope %s is not valid."):format(scope))
end

-- The answer with a token; `extra` has further fields.
function Authority:grant(token, extra)
  local lifetime = self.options.token_lifetime
  return self:json(200, tables.merged({ token_type = "Bearer", access_token = token,
    expires_in = lifetime, ext_expires_in = lifetime }, extra))
end

-- The requested URL, which an assertion must name.
local function address_of(request)
  local host = request.headers.host or "login.microsoftonline.com"
  local scheme = host:find "^127%." and "http" or "https"
  return ("%s://%s%s"):format(scheme, host, request.path:match "^[^?]*")
end

-- Checks that an application proves its identity.
function Authority:check_application(fields, request)
  local options, sign_in = self.options, self.sign_in
  if fields.client_assertion then
    local ok, name, number, message = assertion.check(fields, {
      client_id = options.client_id, token_url = address_of(request), now = options.now(),
      certificate = sign_in.certificate or nil, federated = sign_in.federated or nil,
      seen = self.assertions,
    })
    if not ok then self:refuse(401, name, number, message) end
  elseif fields.client_secret ~= options.client_secret then
    self:refuse(401, "invalid_client", 7000215,
      ("Invalid client secret provided. Ensure the secret being sent in the request is the "
       .. "client secret value, not the client secret ID, for a secret added to app '%s'.")
        :format(options.client_id))
  end
end

local GRANTS = {
  ["urn:ietf:params:oauth:grant-type:device_code"] = device.poll,
  refresh_token = device.refresh,
}

function GRANTS.client_credentials(self, fields, request)
  self:require(fields, "scope")
  self:check_application(fields, request)
  return self:grant(self:issue(nil, false, { aud = self:resource(fields.scope) }))
end

-- The checks of both endpoints
function Authority:check(fields, tenant)
  local options, always = self.options, self.sign_in.refusal
  if always then self:refuse(always.status, always.error, always.number, always.message) end
  local named = tenant:lower()
  if named ~= options.tenant:lower() and named ~= self.sign_in.domain then
    self:refuse(400, "invalid_request", 90002,
      ("Tenant '%s' not found. Check to make sure you have the correct tenant ID."):format(tenant))
  end
  self:require(fields, "client_id")
  if fields.client_id:lower() ~= options.client_id:lower() then
    self:refuse(400, "unauthorized_client", 700016,
      ("Application with identifier '%s' was not found in the directory '%s'.")
        :format(fields.client_id, tenant))
  end
end

local function answer_token(self, request, tenant)
  local fields = form.decode(request.body or "")
  self:require(fields, "grant_type")
  self:check(fields, tenant)
  local grant = GRANTS[fields.grant_type]
  if grant then return grant(self, fields, request) end
  self:refuse(400, "unsupported_grant_type", 70003,
    ("The app requested an unsupported grant type '%s'."):format(fields.grant_type))
end

local function answer_device_code(self, request, tenant)
  local fields = form.decode(request.body or "")
  self:check(fields, tenant)
  return device.start(self, fields)
end

-- sign_in(authority, request, tenant) -> answer. All rows are "token" for ledger and oddities.
local TOKEN = { name = "token", sign_in = answer_token }
local DEVICE_CODE = { name = "token", sign_in = answer_device_code }
local METADATA = { name = "token", sign_in = metadata.answer }

-- The row that answers a request, and the tenant in its path | nil if none does
function authority.route(request)
  local path = request.path:match("^[^?]*"):lower()
  local tenant, endpoint = path:match "^/([^/]+)/oauth2/v2%.0/(%w+)$"
  if tenant and request.method == "POST" then
    local row = endpoint == "token" and TOKEN or endpoint == "devicecode" and DEVICE_CODE
    if row then return row, tenant end
  end
  if request.method == "GET" and metadata.is_endpoint(path) then return METADATA end
end

return authority
