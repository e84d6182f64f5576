-- The tenant and application of a user's sign-in, for mde login and mde logout.

local client = require "mde.program.session.client"
local failure = require "mde.program.exit"
local options = require "mde.program.input.options"

local user_sign_in = {}

-- The options that say whose sign-in is meant.
function user_sign_in.define(command)
  options.add(command, "--tenant", "TENANT", "The tenant: its id or domain name."
    .. "\nDefault: AZURE_TENANT_ID.")
  options.add(command, "--client-id", "ID", "The application that the user signs in to."
    .. "\nDefault: AZURE_CLIENT_ID.")
end

-- The client of a tenant and application, and what mde.auth.session needs to know of
-- them. Raises what is missing.
function user_sign_in.connect(parsed)
  local connected = client.connect(parsed, { tenant = parsed.tenant,
                                             client_id = parsed.client_id })
  if not (connected.tenant and connected.client_id) then
    failure.raise(failure.usage, "a tenant and an application are needed: --tenant and"
      .. " --client-id, or AZURE_TENANT_ID and AZURE_CLIENT_ID")
  end
  if not connected.store.sessions then
    failure.raise(failure.usage,
      "the store (%s) keeps no sign-ins: leave out --store and MDE_STORE",
      connected.store.name:gsub("://.*", "://…"))
  end
  return connected, {
    authority = connected.authority, tenant = connected.tenant, client_id = connected.client_id,
    scope = connected.scope, sessions = connected.store.sessions, clock = connected.clock,
  }
end

return user_sign_in
