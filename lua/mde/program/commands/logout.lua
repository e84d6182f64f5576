-- mde logout: deletes the sign-in of a tenant and application, and its tokens.

local output = require "mde.program.terminal.output"
local session = require "mde.auth.session"
local user_sign_in = require "mde.program.session.user_sign_in"

local logout = {}

function logout.define(command)
  command:epilog [[
Deletes the sign-in of `mde login` and cached access tokens from this machine.
For the login service they stay valid until they expire; an administrator can
revoke them.

Example:
   mde logout --tenant contoso.com \
       --client-id 3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587]]
  user_sign_in.define(command)
  command:flag("--json", "One JSON object.")
end

local function forget_token(tokens, identity)
  local header = identity and tokens:get(identity)
  if header then tokens:forget(identity, header) end
  return header ~= nil
end

function logout.run(parsed)
  local connected, settings = user_sign_in.connect(parsed)
  local sessions, name = settings.sessions, session.name(settings)
  local was_there = sessions:get(name) ~= nil
  sessions:forget(name)
  for _, identity in ipairs { session.identity(settings),
                              connected.token.credential.identity } do
    was_there = forget_token(connected.store.tokens, identity) or was_there
  end
  if parsed.json then
    output.json({ tenant = settings.tenant, client_id = settings.client_id,
                  forgotten = was_there }, { "tenant", "client_id" })
  else
    output.note(was_there and "Signed out of %s: no token of it is kept on this machine."
      or "No user was signed in to %s.", settings.tenant)
    local way = connected:way()
    if way and way ~= "mde login" then
      output.note("Commands still sign in: the environment or the profile has a credential (%s).",
        way)
    end
  end
  return 0
end

return logout
