-- Chooses the credential from the options and the environment.
--
-- Options take precedence over variables. Of the variables MDE_TOKEN comes first, then those of
-- Azure's SDKs in their order ("Credential chains in the Azure Identity library"). This module
-- does I/O itself: it reads a certificate's file.

local chain = require "mde.auth.chain"
local content = require "mde.base.content"
local core = require "mde.core"
local errors = require "mde.base.errors"
local jwt = require "mde.auth.jwt"
local tokens = require "mde.auth.token"

local credentials = {}

-- The options that each way requires. Messages name the missing ones in this order.
local NEEDS = {
  client_secret = { "tenant", "client_id", "client_secret" },
  client_certificate = { "tenant", "client_id", "client_certificate" },
  federated_token_file = { "tenant", "client_id", "federated_token_file" },
}

-- Their names in messages.
local NAMES = { client_secret = "client secret", client_certificate = "certificate",
                federated_token_file = "federated token" }

local EXPLICIT = { "client_secret", "client_certificate", "federated_token_file",
                   "managed_identity", "azure_cli" }

-- Checks of the settings

local function is_tenant(text)
  return core.operation.guid(text) ~= nil or text:find "^[%w%-]+%.[%w%-%.]+$" ~= nil
end

local function is_guid(text)
  return core.operation.guid(text) ~= nil
end

local function is_path(text)
  return text ~= "" and not text:find "%z"
end

local function tenant_of(source)
  return source:text("tenant", "the id of a tenant (a GUID) or its domain name", is_tenant, true)
end

local function client_of(source)
  return source:text("client_id", "the id of an application (a GUID)", is_guid, true)
end

local function list(names)
  local last = table.remove(names)
  return names[1] and table.concat(names, ", ") .. " and " .. last or last
end

-- The options that a way requires and that are missing, each named by `name(option)`. -> array
local function absent(source, way, name)
  local lacking = {}
  for _, option in ipairs(NEEDS[way]) do
    if source:get(option) == nil then lacking[#lacking + 1] = name(option) end
  end
  return lacking
end

local function check_complete(source, way)
  local lacking = absent(source, way, function(option)
    return ("%s (%s)"):format(option, source.variables[option])
  end)
  local count = #lacking
  if count == 0 then return end
  error(errors.new { code = "missing_credential",
    message = ("no way to sign in: %s requires tenant and client_id: %s %s missing")
      :format(way, list(lacking), count == 1 and "is" or "are") }, 0)
end

-- Ways to sign in. Each returns a credential.

local ways = {}

function ways.client_secret(source, common)
  local secret, called = source:get "client_secret"
  if type(secret) ~= "string" and type(secret) ~= "function" then
    source:refuse("%s: must be text, not a %s", called, type(secret))
  end
  common.client_secret = secret
  return require "mde.auth.client_secret".new(common)
end

-- The content of a file, as a secret. Raises if it can't be read.
local function content_of(called, path)
  local text, problem = content.read(path)
  if text then return core.secret(text) end
  error(errors.new { code = "invalid_argument",
    message = ("%s: the file cannot be read: %s"):format(called, problem) }, 0)
end

local function is_true(value)
  return value == true or type(value) == "string" and (value:lower() == "true" or value == "1")
end

function ways.client_certificate(source, common)
  local path = source:text("client_certificate", "the path of a PEM or PFX file", is_path)
  local _, called = source:get "client_certificate"
  local password = source:get "client_certificate_password"
  if password ~= nil and (type(password) ~= "string" or password:find "%z") then
    source:refuse "client_certificate_password: must be text without NUL"
  end
  local certificate, err = core.certificate(content_of(called, path), password)
  if not certificate then source:refuse("%s: %s: %s", called, path, err.message) end
  common.certificate = certificate
  common.algorithm = source:text("client_certificate_algorithm", "'PS256' or 'RS256'",
    function(text) return text == "PS256" or text == "RS256" end)
  common.send_chain = is_true(source:get "send_certificate_chain")
  return require "mde.auth.certificate".new(common)
end

function ways.federated_token_file(source, common)
  common.token_file = source:text("federated_token_file", "the path of a file", is_path)
  return require "mde.auth.federated_token".new(common)
end

-- One of these ways -> credential, application
local function of_application(source, way, common)
  check_complete(source, way)
  local credential = ways[way](source, common)
  credential.name = NAMES[way]
  return credential, (common.tenant .. "/" .. common.client_id):lower()
end

local function managed_identity(source, common, client_id, is_probe)
  return require "mde.auth.managed_identity".new {
    scope = common.scope, clock = common.clock, client_id = client_id, is_probe = is_probe,
    getenv = source.getenv,
  }
end

local function explicit_identity(source, common)
  local value = source.options.managed_identity
  if value ~= true and not (type(value) == "string" and is_guid(value)) then
    source:refuse "managed_identity: must be true or a client id (a GUID)"
  end
  local client_id = value ~= true and core.operation.guid(value) or nil
  local credential, err = managed_identity(source, common, client_id, false)
  if not credential then error(err, 0) end
  credential.name = "managed identity"
  return credential, "managed identity " .. (client_id or "of this machine")
end

local function with_token(source)
  local static = require "mde.auth.access_token"
  local token, called = source:get "token"
  local credential = static.new(token)
  if not credential then
    source:refuse("%s: not an access token: give a single word of letters, digits and -._~+/,"
      .. " without 'Bearer'", called)
  end
  credential.name = "given token"
  local tenant, client_id = jwt.owner(token)
  local whose = tenant and client_id and tenant .. "/" .. client_id
                or "token " .. core.sha256(token):sub(1, 16)
  local given = source.options.tenant and tenant_of(source)
  local ours, err = tokens.check(credential.header, given)
  if not ours then error(err, 0) end
  return credential, whose, given or tenant, client_id
end

-- Without an explicit choice: the order of Azure's SDKs

-- Values of AZURE_TOKEN_CREDENTIALS, as in Azure's SDKs, and the ways that each allows.
local NAMED = {
  environmentcredential = { client_secret = true, client_certificate = true },
  workloadidentitycredential = { federated_token_file = true },
  managedidentitycredential = { managed_identity = true },
  azureclicredential = { azure_cli = true },
  devicecodecredential = { session = true },
  prod = { client_secret = true, client_certificate = true, federated_token_file = true,
           managed_identity = true },
  dev = { session = true, azure_cli = true },
}

-- -> the ways that may be tried | nil if all may
local function allowed(source)
  local name = source.getenv "AZURE_TOKEN_CREDENTIALS"
  if not name or not name:find "%S" then return nil end
  local found = NAMED[name:lower():match "^%s*(.-)%s*$"]
  if found then return found end
  source:refuse("AZURE_TOKEN_CREDENTIALS: '%s' is not dev, prod, EnvironmentCredential,"
    .. " WorkloadIdentityCredential, ManagedIdentityCredential, AzureCliCredential or"
    .. " DeviceCodeCredential", name)
end

-- Each is a function(source, common, is_sole) -> credential | nil, reason
local later = {}

function later.session(_, common)
  if not common.sessions then return nil, "the store keeps no sign-ins" end
  if not (common.tenant and common.client_id) then
    return nil, (common.tenant and "client_id is" or common.client_id and "tenant is"
                 or "tenant and client_id are") .. " not set"
  end
  return require "mde.auth.session".new(common)
end

function later.managed_identity(source, common, is_sole)
  local credential, err = managed_identity(source, common, common.client_id, not is_sole)
  return credential, err and err.message
end

-- The Azure CLI takes a second or more. If that would stop other work in this process, it must be
-- named explicitly.
function later.azure_cli(_, common, is_sole)
  if common.is_shared and not is_sole then
    return nil, "it would stop everything else in this process while it runs;"
      .. " azure_cli = true or AZURE_TOKEN_CREDENTIALS=AzureCliCredential allows it"
  end
  return require "mde.auth.azure_cli".new {
    scope = common.scope, clock = common.clock, tenant = common.tenant }
end

local function explicit_cli(source, common)
  if source.options.azure_cli ~= true then source:refuse "azure_cli: must be true" end
  local credential = later.azure_cli(source, common, true)
  credential.name = "Azure CLI"
  return credential, "azure cli " .. (common.tenant or "")
end

local ORDER = {
  { "client_secret", "client secret" }, { "client_certificate", "certificate" },
  { "federated_token_file", "federated token" }, { "session", "mde login" },
  { "managed_identity", "managed identity" }, { "azure_cli", "Azure CLI" },
}

local function only(set)
  return set and next(set, (next(set))) == nil
end

-- The first way whose settings are complete, or a chain of the ways that only signing in can
-- try. -> credential, application
local function automatic(source, common)
  local may = allowed(source)
  local tried, identity = { { "token", nil, "MDE_TOKEN is not set" } }, nil
  for _, row in ipairs(ORDER) do
    local way, name = row[1], row[2]
    if may and not may[way] then
      tried[#tried + 1] = { name, nil, "AZURE_TOKEN_CREDENTIALS excludes it" }
    elseif NEEDS[way] then
      local lacking = absent(source, way, function(option) return source.variables[option] end)
      if not lacking[1] then return of_application(source, way, common) end
      local verb = #lacking == 1 and " is not set" or " are not set"
      tried[#tried + 1] = { name, nil, list(lacking) .. verb }
    else
      local credential, lack = later[way](source, common, only(may))
      if way == "session" then identity = credential and credential.identity end
      tried[#tried + 1] = { name, credential, lack }
    end
  end
  local whose = common.tenant and common.client_id and common.tenant .. "/" .. common.client_id
  return chain.new(tried, identity), (whose or "default sign-in"):lower()
end

-- The way that the options name, or nil. A token takes precedence.
local function explicit(source)
  local found
  if source.options.token ~= nil then return "token" end
  for _, way in ipairs(EXPLICIT) do
    if source.options[way] ~= nil then
      if found then source:refuse("%s and %s: give only one of them", found, way) end
      found = way
    end
  end
  return found
end

-- MDE_TOKEN takes precedence over other variables, but not over options.
local function has_token(source)
  local options = source.options
  if options.tenant or options.client_id then return false end
  return (source.getenv(source.variables.token) or "") ~= ""
end

-- `source` gives the settings (see mde.config.options); `place` has authority and scope; `world`
-- has clock, host, and the store of sign-ins. Raises an error for a malformed or missing setting.
-- -> credential, a text that identifies application and tenant, tenant, client_id (nil if not
-- known)
function credentials.read(source, place, world)
  local way = explicit(source) or has_token(source) and "token"
  if way == "token" then return with_token(source) end
  local common = {
    authority = place.authority, scope = place.scope, tenant = tenant_of(source),
    client_id = client_of(source), clock = world.clock, sessions = world.store.sessions,
    is_shared = world.host and world.host.is_shared ~= false,
  }
  local credential, application
  if way == "managed_identity" then credential, application = explicit_identity(source, common)
  elseif way == "azure_cli" then credential, application = explicit_cli(source, common)
  elseif way then credential, application = of_application(source, way, common)
  else credential, application = automatic(source, common) end
  return credential, application, common.tenant, common.client_id
end

return credentials
