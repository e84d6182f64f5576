-- Finds tenant and application of a user's sign-in, for mde login and logout.

local client = require "mde.program.session.client"
local failure = require "mde.program.exit"
local options = require "mde.program.input.options"

local user_sign_in = {}

function user_sign_in.define(command)
  options.add(command, "--tenant", "TENANT", "The tenant: its id or domain name."
    .. "\nDefault: AZURE_TENANT_ID.")
  options.add(command, "--client-id", "ID", "The application that the user signs in to."
    .. "\nDefault: AZURE_CLIENT_ID.")
end

-- Returns the client of a tenant and application, and the options of mde.auth.session. Raises if one
-- is missing.
function user_sign_in.connect(parsed)
  local connected = client.connect(parsed, { tenant = parsed.tenant,
                                             client_id = parsed.client_id })
  failure.misuse_if(not (connected.tenant and connected.client_id),
    "tenant and application are required: give --tenant and"
    .. " --client-id, or set AZURE_TENANT_ID and AZURE_CLIENT_ID")
  failure.misuse_if(not connected.store.sessions,
    "the store %s cannot keep sign-ins: omit --store and MDE_STORE",
    connected.store.name:gsub("://.*", "://…"))
  return connected, {
    authority = connected.authority, tenant = connected.tenant, client_id = connected.client_id,
    scope = connected.scope, sessions = connected.store.sessions, clock = connected.clock,
  }
end

return user_sign_in
