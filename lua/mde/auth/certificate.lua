-- Signs in as an application with a certificate: its private key signs an assertion.
-- Source: "Microsoft identity platform application authentication certificate
-- credentials".

local assertion = require "mde.auth.assertion"
local core = require "mde.core"
local errors = require "mde.base.errors"
local grant = require "mde.auth.grant"
local jwt = require "mde.auth.jwt"

local certificates = {}

local LIFETIME = 600  -- seconds

-- How a header names the certificate, for each algorithm.
local NAMES = {
  PS256 = { field = "x5t#S256", digest = "SHA-256" },
  RS256 = { field = "x5t", digest = "SHA-1" },  -- older
}

local function header(settings)
  local algorithm = settings.algorithm or "PS256"
  local name = NAMES[algorithm]
  if not name then
    error(("algorithm: PS256 or RS256 is expected, not '%s'"):format(tostring(algorithm)), 3)
  end
  return {
    typ = "JWT", alg = algorithm,
    [name.field] = jwt.base64url(settings.certificate:thumbprint(name.digest)),
    x5c = settings.send_chain and settings.certificate:chain() or nil,
  }
end

-- `settings`: authority (a base URL), tenant, client_id, scope, certificate (a
-- core.certificate), clock; algorithm, "PS256" unless "RS256" is asked for; send_chain,
-- for applications that know a certificate by its issuer and name. -> credential
function certificates.new(settings)
  local head, audience = header(settings), grant.address(settings, "token")

  -- A new one for each request: it has an id, and it ends soon.
  local function sign()
    local now = math.floor(settings.clock.wall())
    local text, err = jwt.sign(head, {
      aud = audience, iss = settings.client_id, sub = settings.client_id,
      jti = core.random_guid(), iat = now, nbf = now, exp = now + LIFETIME,
    }, settings.certificate)
    return text, err and errors.new(err)
  end

  return assertion.new(settings, settings.certificate:thumbprint "SHA-256", sign)
end

return certificates
