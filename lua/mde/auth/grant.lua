-- Shared by OAuth grants: token requests, their answers, and refusals in words.
--
-- Source: "OAuth 2.0 and OpenID Connect in the Microsoft identity platform". A credential that
-- fetches tokens has
--   identity         the text under which its tokens are stored, or nil
--   request()        -> the request for a token { method, url, headers, body } | nil, err
--                    | nil, nil, token: a program returned it, no request is needed
--   read(response)   -> token { header = "Bearer …" as a secret, lifetime = seconds,
--                    is_passing = true if the token must not be stored } | nil, err
--                    | { pause = seconds }: call request() again after that
--   failed(err)      optional: called if the network failed; returns as `read`, or nothing to
--                    send the request again, a few times
-- A request may have `is_direct`, to bypass proxies, and a `connect_timeout`. A credential that
-- has a token from the start has `header` instead.

local core = require "mde.core"
local date = require "mde.base.date"
local json = require "mde.service.json"
local errors = require "mde.base.errors"
local jwt = require "mde.auth.jwt"
local retry = require "mde.base.retry"
local tokens = require "mde.auth.token"
local url = require "mde.base.url"

local grant = {}

local AGAIN = "sign in again, with `mde login`"

-- AADSTS numbers, with their meaning and what to do. Source: "Microsoft Entra authentication and
-- authorization error codes".
local NUMBERS = {
  [7000215] = "the client secret is wrong: use its value, not its id",
  [7000222] = "the client secret has expired: make a new one",
  [7000218] = "the application requires a secret or certificate: allow public client flows in its"
    .. " registration to sign in as a user",
  [700016] = "the application is not known in this tenant: check the client and tenant ids",
  [700027] = "the certificate is not registered for the application, or its key does not match:"
    .. " upload it to the application's registration",
  [700021] = "the assertion names another application: check the client id",
  [700023] = "the assertion is for another login service: check tenant and cloud",
  [700024] = "the assertion is not valid at this time: check this machine's clock",
  [700213] = "the application trusts no such federated token: check issuer, subject and"
    .. " audience of its federated credentials",
  [50012] = "the assertion was refused: check certificate, tenant and this machine's clock",
  [50013] = "the assertion is not valid: check certificate, audience and this machine's clock",
  [50027] = "the assertion is malformed: check the federated token file or the certificate",
  [500011] = "the Defender API is not known in this tenant: check the tenant and its licence",
  [70011] = "the scope is wrong: check the cloud",
  [90002] = "there is no such tenant: check the tenant id",
  [65001] = "the application's permissions lack consent in this tenant: ask an administrator to"
    .. " grant it",
  [53003] = "a conditional access policy blocks this sign-in",
  [50076] = "another factor is required: " .. AGAIN,
  [50079] = "another factor has to be set up: " .. AGAIN,
  [50105] = "the user is not assigned to the application: ask an administrator",
  [50173] = "the sign-in has been revoked: " .. AGAIN,
  [70008] = "the sign-in has expired: " .. AGAIN,
  [70043] = "a policy has ended the sign-in: " .. AGAIN,
  [700082] = "the sign-in was not used for too long: " .. AGAIN,
}

-- The same for OAuth error codes, if the number adds nothing.
local WORDS = {
  authorization_declined = "the sign-in was declined",
  access_denied = "the sign-in was declined",
  expired_token = "the code was not entered in time: " .. AGAIN,
  code_expired = "the code was not entered in time: " .. AGAIN,
  bad_verification_code = "the login service does not know the code: " .. AGAIN,
  interaction_required = AGAIN,
  invalid_grant = "the stored sign-in is no longer accepted: " .. AGAIN,
}

local function text(value)
  return type(value) == "string" and value ~= "" and errors.line(value, 100) or nil
end

-- The AADSTS number of an answer | nil
local function number_of(answer)
  local codes = answer.error_codes
  local number = type(codes) == "table" and tonumber(codes[1])
                 or tonumber((text(answer.error_description) or ""):match "AADSTS(%d+)")
  return number and number >= 1 and number % 1 == 0 and number < 1e9 and number or nil
end

-- The error for an answer without a token; `who` sent it (default "the login service"). It shows
-- only `error`, the number and the trace, because the description repeats the request.
-- -> nil, err, the answer's OAuth error or nil
function grant.refusal(response, who)
  local answer = json.decode(response.body) or {}
  local failed = response.status == 429 or retry.is_transient(response.status)
                 or response.status >= 500
  local word, number = text(answer.error), number_of(answer)
  local message = ("%s %s: %s"):format(who or "the login service",
    failed and "failed" or "refused to sign in", word or "no reason given")
  local advice = number and NUMBERS[number] or WORDS[word]
  if number then
    message = ("%s (AADSTS%d%s)"):format(message, number, advice and ": " .. advice or "")
  elseif advice then
    message = ("%s (%s)"):format(message, advice)
  end
  return nil, errors.new {
    code = failed and "service" or "sign_in", message = message, status = response.status,
    service_code = number and ("AADSTS%d"):format(number) or word,
    request_id = text(answer.trace_id),
  }, word
end

-- The lifetime in seconds that a token claims, from the answer's Date or, without one, from the
-- time of issue. -> number | nil
local function own_lifetime(response, token)
  local claims = jwt.claims(token) or {}
  local ends, made = tonumber(claims.exp), tonumber(claims.iat)
  local now = response.headers.date and date.http(response.headers.date) or made
  return ends and now and ends - now
end

-- The token in an answer. If the answer only has the time of expiry (seconds since 1970), the
-- lifetime counts from its Date, or from `clock` if it has none.
-- -> { header, lifetime }, decoded answer | nil, err
function grant.token(response, who, clock)
  if response.status ~= 200 then return grant.refusal(response, who) end
  local answer = json.decode(response.body) or {}
  local header, lifetime = tokens.header(answer.access_token), tonumber(answer.expires_in)
  local ends = clock and not lifetime and tonumber(answer.expires_on)
  local told = ends and date.http(response.headers.date or "")
  if ends then lifetime = ends - (told or clock.wall()) end
  lifetime = lifetime or header and own_lifetime(response, answer.access_token)
  if header and lifetime and lifetime > 0 then
    return { header = header, lifetime = lifetime }, answer
  end
  return nil, errors.new {
    code = "bad_answer", status = response.status,
    message = (who or "the login service") .. "'s answer has no token with an expiry",
  }
end

-- The URL of a tenant's endpoint, "token" or "devicecode".
function grant.address(settings, endpoint)
  return ("%s/%s/oauth2/v2.0/%s"):format(settings.authority, url.encode(settings.tenant), endpoint)
end

-- A request that posts a form, an array of { name, value }.
function grant.post(address, fields)
  return {
    method = "POST", url = address, body = core.secret(url.form(fields)),
    headers = { ["content-type"] = "application/x-www-form-urlencoded",
                accept = "application/json" },
  }
end

-- `settings`: authority (a base URL), tenant, client_id, scope, identity (see above), and
-- fields() -> array of { name, value } | nil, err: the grant's own fields, for each request.
-- -> credential
function grant.new(settings)
  local credential = { identity = settings.identity }

  function credential.request()
    local fields, err = settings.fields()
    if not fields then return nil, err end
    local form = { { "client_id", settings.client_id }, { "scope", settings.scope } }
    for _, field in ipairs(fields) do form[#form + 1] = field end
    return grant.post(grant.address(settings, "token"), form)
  end

  function credential.read(response)
    local got, err = grant.token(response)
    if not got then return nil, err end
    return got
  end

  return credential
end

return grant
