-- mde login: signs a user in with a code, and stores the token that renews it.

local date = require "mde.base.date"
local failure = require "mde.program.exit"
local jwt = require "mde.auth.jwt"
local moment = require "mde.program.terminal.moment"
local output = require "mde.program.terminal.output"
local session = require "mde.auth.session"
local system = require "mde.program.system"
local terminal = require "mde.terminal"
local tokens = require "mde.auth.token"
local user_sign_in = require "mde.program.session.user_sign_in"

local login = {}

function login.define(command)
  command:epilog [[
Shows a code to enter in a browser, on this or another device, and waits for
it. Later commands act as that user until `mde logout`, with the permissions
that both the user and the application have. A client secret, certificate or
MDE_TOKEN takes precedence over this sign-in.

Examples:
   mde login --tenant contoso.com \
       --client-id 3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587
   mde login              with AZURE_TENANT_ID and AZURE_CLIENT_ID]]
  user_sign_in.define(command)
  command:flag("--json", "One JSON object with the code, and one after it was entered.")
end

-- Output

local function show_code(started, as_json, clock)
  if as_json then
    output.json({ event = "code", code = started.code, url = started.url,
                  expires = date.text(clock.wall() + started.lifetime) }, { "event" })
    return output.flush()
  end
  output.note("Open %s and enter the code %s (within %s).", started.url, started.code,
    require "mde.base.duration".text(started.lifetime))
end

local function user_of(answer)
  for _, name in ipairs { "id_token", "access_token" } do
    local claims = type(answer[name]) == "string" and jwt.claims(answer[name]) or {}
    local user = claims.preferred_username or claims.upn or claims.unique_name
    if type(user) == "string" then return user end
  end
end

local function show_end(settings, signed_in, as_json)
  if as_json then
    return output.json({ event = "signed_in", user = signed_in.user, tenant = settings.tenant,
                         client_id = settings.client_id, expires = date.text(signed_in.expires_at),
                         renewed = signed_in.is_kept }, { "event", "user", "tenant" })
  end
  output.line(("Signed in as %s to %s until %s%s"):format(
    terminal.printable(signed_in.user or "a user"), settings.tenant,
    moment.at(signed_in.expires_at),
    signed_in.is_kept and "; renewed automatically." or "; it can't be renewed."))
end

-- Drives the client until the fetch has ended or Ctrl-C interrupts it.
local function drive(connected, fetch)
  local interrupt = system.interrupt
  interrupt.watch()
  connected.scheduler:drive(function() return fetch.done or interrupt.count() > 0 end,
    function() return fetch.done and "over" or nil end)
  local interrupted = interrupt.count() > 0
  interrupt.release()
  if interrupted and not fetch.done then
    failure.raise(failure.interrupted, "interrupted; no user was signed in")
  end
  if fetch.err then error(fetch.err, 0) end
end

-- Signs in. -> { user, expires_at, is_kept }
local function sign_in(connected, settings, as_json)
  local signed_in = {}
  function settings.show(started) show_code(started, as_json, connected.clock) end
  function settings.done(answer)
    signed_in.user = user_of(answer)
    signed_in.is_kept = session.keep(settings, answer)
  end
  local credential = require "mde.auth.device_code".new(settings)
  local token = tokens.new(connected:transported(credential), connected,
    function(fetch) connected.scheduler:add(fetch) end)
  drive(connected, token:fetch())
  local clock = connected.clock
  signed_in.expires_at = clock.wall() + token.expires_at - clock.monotonic()
  return signed_in
end

function login.run(parsed)
  local connected, settings = user_sign_in.connect(parsed)
  local uses = connected.token.credential.identity
  local signed_in = sign_in(connected, settings, parsed.json)
  show_end(settings, signed_in, parsed.json)
  if uses ~= session.identity(settings) then
    output.note("mde: other commands do not use this sign-in: the environment or the profile has a"
      .. " credential that takes precedence (mde help login)")
  end
  return 0
end

return login
