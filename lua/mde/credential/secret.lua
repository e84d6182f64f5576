-- Signs in as an application with its client secret: the OAuth 2.0 client
-- credentials grant. Source: "Microsoft identity platform and the OAuth 2.0
-- client credentials flow".
--
-- A credential that fetches has two functions: `request()` gives the request of
-- a token, and `read(response)` what came of it; and `identity`, a text under which
-- tokens that it fetched are kept.

local core = require "mde.core"
local entity = require "mde.entity"
local errors = require "mde.errors"
local retry = require "mde.retry"
local tokens = require "mde.token"
local url = require "mde.url"

local secret = {}

-- What a person can do about it, for the codes worth telling. Source:
-- "Microsoft Entra authentication and authorization error codes".
local ADVICE = {
  ["7000215"] = "the client secret is wrong: use its value, not its id",
  ["7000222"] = "the client secret has expired: make a new one",
  ["700016"] = "the application is not known in this tenant: check the client and tenant ids",
  ["500011"] = "the Defender API is not known in this tenant: check the tenant and its licence",
  ["90002"] = "there is no such tenant: check the tenant id",
  ["70011"] = "the scope is wrong: check the cloud",
  ["53003"] = "a conditional access policy blocks this sign-in",
}

local function text(value)
  return type(value) == "string" and value ~= "" and errors.line(value, 100) or nil
end

-- Of its answer only `error`, the number and the trace are shown: the description
-- repeats what was sent.
local function refusal(response)
  local answer = entity.decode(response.body) or {}
  local failed = response.status == 429 or retry.is_transient(response.status)
                 or response.status >= 500
  local message = ("the login service %s: %s"):format(
    failed and "failed" or "refused to sign in", text(answer.error) or "no reason given")
  local number = (text(answer.error_description) or ""):match "AADSTS(%d+)"
  if number then
    message = ("%s (AADSTS%s%s)"):format(message, number,
      ADVICE[number] and ": " .. ADVICE[number] or "")
  end
  return nil, errors.new {
    code = failed and "service" or "sign_in", message = message, status = response.status,
    request_id = text(answer.trace_id),
  }
end

-- `settings`: authority (a base URL), tenant, client_id, client_secret (text),
-- scope. -> credential
function secret.new(settings)
  local request = {
    method = "POST",
    url = ("%s/%s/oauth2/v2.0/token"):format(settings.authority, url.encode(settings.tenant)),
    headers = { ["content-type"] = "application/x-www-form-urlencoded",
                accept = "application/json" },
    body = core.secret(url.form {
      { "grant_type", "client_credentials" },
      { "client_id", settings.client_id },
      { "client_secret", settings.client_secret },
      { "scope", settings.scope },
    }),
  }
  -- Whose token it is; nobody else's secret gives it.
  local credential = { identity = core.sha256(request.url .. "\n" .. request.body:reveal()) }

  function credential.request()
    return request
  end

  -- -> { header = "Bearer …" as a secret, lifetime = seconds } | nil, err
  function credential.read(response)
    if response.status ~= 200 then return refusal(response) end
    local answer = entity.decode(response.body) or {}
    local header, lifetime = tokens.header(answer.access_token), tonumber(answer.expires_in)
    if header and lifetime and lifetime > 0 then return { header = header, lifetime = lifetime } end
    return nil, errors.new {
      code = "bad_answer", status = response.status,
      message = "the login service's answer has no token with an expiry",
    }
  end

  return credential
end

return secret
