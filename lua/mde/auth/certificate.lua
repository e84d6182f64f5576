-- Signs in as an application with a certificate, whose key signs an assertion.
--
-- Source: "Microsoft identity platform application authentication certificate credentials".

local assertion = require "mde.auth.assertion_grant"
local core = require "mde.core"
local errors = require "mde.base.errors"
local grant = require "mde.auth.grant"
local jwt = require "mde.auth.jwt"

local certificates = {}

local LIFETIME = 600  -- seconds

-- Algorithm -> the header field that identifies the certificate, and its digest.
local NAMES = {
  PS256 = { field = "x5t#S256", digest = "SHA-256" },
  RS256 = { field = "x5t", digest = "SHA-1" },  -- the older form
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
-- core.certificate), clock; algorithm ("PS256" or "RS256", default "PS256"); send_chain, for
-- applications that accept a certificate by its issuer and name. -> credential
function certificates.new(settings)
  local head, audience = header(settings), grant.address(settings, "token")

  -- Signs a new assertion for each request, because it has an id and expires soon.
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
