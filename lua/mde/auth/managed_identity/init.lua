-- Signs in as the identity that Azure gives to a machine or service.
--
-- The environment shows the kind of identity, by the same variables as for Azure's SDKs.

local endpoint = require "mde.auth.managed_identity.endpoint"
local errors = require "mde.base.errors"
local url = require "mde.base.url"

local managed_identity = {}

-- Checks that an endpoint uses https or, with plain http, is on this machine or its link-local
-- network. -> the URL | nil, err
local function near(name, text)
  local address = text:gsub("^http://localhost([:/])", "http://127.0.0.1%1")
  local host = url.host(address)
  local is_safe = address:find "^https://[^?#%s%c]*$"
    or address:find "^http://[^?#%s%c]*$" and host
       and (host:find "^169%.254%.%d+%.%d+$" or host:find "^127%.%d+%.%d+%.%d+$" or host == "[::1]")
  if is_safe then return (address:gsub("/$", "")) end
  return errors.invalid("%s: '%s' is not https://… or the address of this machine's metadata", name,
    text)
end

-- The kind of identity in the environment, and the variable of its endpoint.
local function kind_of(getenv)
  local function has(name) return (getenv(name) or "") ~= "" end
  if has "IDENTITY_ENDPOINT" and has "IDENTITY_HEADER" then
    if has "IDENTITY_SERVER_THUMBPRINT" then return "service_fabric" end
    return "app_service", "IDENTITY_ENDPOINT"
  end
  if has "IDENTITY_ENDPOINT" and has "IMDS_ENDPOINT" then return "arc", "IDENTITY_ENDPOINT" end
  return "vm", has "AZURE_POD_IDENTITY_AUTHORITY_HOST" and "AZURE_POD_IDENTITY_AUTHORITY_HOST"
end

-- `settings`: scope, client_id (nil: the machine's own identity), is_probe (if true, a machine
-- without an identity is recognized within a second), getenv, clock, key_folders (of Azure Arc;
-- nil: as documented). -> credential | nil, err
function managed_identity.new(settings)
  local kind, variable = kind_of(settings.getenv)
  if kind == "service_fabric" then
    return endpoint.absent "mde does not support that of Service Fabric"
  end
  local address, err
  if variable then
    address, err = near(variable, settings.getenv(variable))
    if not address then return nil, err end
  end
  if kind == "arc" and settings.client_id then
    return endpoint.absent "Azure Arc has only the machine's own: omit the client id"
  end
  return require("mde.auth.managed_identity." .. kind).new {
    resource = settings.scope:gsub("/%.default$", ""), clock = settings.clock,
    client_id = settings.client_id, is_probe = settings.is_probe, base = address,
    endpoint = address, header = settings.getenv "IDENTITY_HEADER", folders = settings.key_folders,
  }
end

return managed_identity
