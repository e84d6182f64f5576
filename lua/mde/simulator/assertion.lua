-- Checks the assertion of an application, as Entra does.
--
-- An assertion is signed by the key of the application's certificate, or is a token of an issuer
-- that the application trusts. Source: "Microsoft Entra authentication and authorization error
-- codes". Entra's answer to a second use of an assertion is not published.

local jwt = require "mde.auth.jwt"
local tables = require "mde.base.tables"

local assertion = {}

local TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
local SKEW = 300  -- seconds that clocks may differ

-- Checks. Each returns nothing, or the number and message of a refusal.

local function check_key(parts, expected)
  local header, certificate = parts.header, expected.certificate
  local sha1, sha256 = header.x5t, header["x5t#S256"]
  if sha1 == nil and sha256 == nil then
    return 50027, "Invalid JWT token. No certificate thumbprint specified in token header."
  end
  if header.alg ~= "PS256" and header.alg ~= "RS256" then
    return 50027, "Invalid JWT token. The algorithm in its header is not supported."
  end
  local known = certificate
    and (sha256 == nil or sha256 == jwt.base64url(certificate:thumbprint "SHA-256"))
    and (sha1 == nil or sha1 == jwt.base64url(certificate:thumbprint "SHA-1"))
  if not known then
    return 700027, "The certificate with identifier used to sign the client assertion is not "
      .. "registered on application. [Reason - The key was not found.]"
  end
end

local function check_signature(parts, expected)
  if not expected.certificate:verify(parts.signed, parts.signature, parts.header.alg) then
    return 700027, "Client assertion failed signature validation. [Reason - The provided "
      .. "signature value did not match the expected signature value.]"
  end
end

local function check_names(parts, expected)
  local claims = parts.claims
  if claims.iss ~= expected.client_id or claims.sub ~= expected.client_id then
    return 700021, "Client assertion application identifier doesn't match 'client_id' parameter."
  end
  if claims.aud ~= expected.token_url then
    return 700023, "Client assertion audience claim does not match Realm issuer."
  end
end

local function check_times(parts, expected)
  local first, last = tonumber(parts.claims.nbf) or -math.huge, tonumber(parts.claims.exp)
  if not last or expected.now >= last + SKEW or expected.now < first - SKEW then
    return 700024, "Client assertion is not within its valid time range."
  end
end

local function check_use(parts, expected)
  local id, seen = parts.claims.jti, expected.seen
  if type(id) ~= "string" then return 50027, "Invalid JWT token. It has no identifier." end
  if seen and seen[id] then return 50013, "Assertion is invalid: it was presented before." end
  if seen then seen[id] = true end
end

local function refuse(number, message)
  return nil, "invalid_client", number, message
end

local function check_all(parts, expected, checks)
  for _, check in ipairs(checks) do
    local number, message = check(parts, expected)
    if number then return refuse(number, message) end
  end
  return true
end

local OWN = { check_key, check_signature, check_names, check_times, check_use }

-- Reports if an assertion is issued by the application itself.
local function is_own(parts, expected)
  return parts.claims.iss == expected.client_id
    or parts.header.x5t ~= nil or parts.header["x5t#S256"] ~= nil
end

-- Checks the fields of a form. `expected`:
--   client_id    the application's
--   token_url    the requested endpoint
--   now          seconds since 1970
--   certificate  a core.certificate, nil: the application has none
--   federated    array of texts, the tokens that the application trusts; nil: none
--   seen         table of the ids of used assertions, so that each is accepted once;
--                nil: an assertion may be used again
-- -> true | nil, OAuth error, number after AADSTS, message
function assertion.check(fields, expected)
  if (fields.client_assertion or "") == "" then
    return refuse(7000218, "The request body must contain the following parameter: "
      .. "'client_assertion' or 'client_secret'.")
  end
  if fields.client_assertion_type ~= TYPE then
    return nil, "invalid_request", 900144, "The request body must contain the following "
      .. "parameter: 'client_assertion_type', with the value '" .. TYPE .. "'."
  end
  local parts = jwt.parts(fields.client_assertion)
  if not parts then
    return refuse(50027, "Invalid JWT token. It is not a signed JWT.")
  end
  if tables.index(expected.federated or {}, fields.client_assertion) then
    return check_all(parts, expected, { check_times })  -- may be used until it expires
  end
  if is_own(parts, expected) then return check_all(parts, expected, OWN) end
  return refuse(700213, "No matching federated identity record found for presented assertion "
    .. "subject. Check your federated identity credential Subject, Audience and Issuer "
    .. "against the presented assertion.")
end

return assertion
