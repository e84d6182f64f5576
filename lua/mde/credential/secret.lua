-- Signs in as an application with its client secret: the OAuth 2.0 client
-- credentials grant. Source: "Microsoft identity platform and the OAuth 2.0
-- client credentials flow".
--
-- A credential that fetches has two functions: `request()` gives the request of
-- a token, and `read(response)` what came of it.

local core = require "mde.core"
local entity = require "mde.entity"
local errors = require "mde.errors"
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

local function refusal(response)
  local answer = entity.decode(response.body) or {}
  local code = type(answer.error) == "string" and answer.error or "no reason given"
  local description = type(answer.error_description) == "string" and answer.error_description or ""
  local number = description:match "AADSTS(%d+)"
  local message = ("the login service refused to sign in: %s"):format(code)
  if number then
    message = ("%s (AADSTS%s%s)"):format(message, number,
      ADVICE[number] and ": " .. ADVICE[number] or "")
  end
  return nil, errors.new {
    code = "sign_in", message = message, status = response.status,
    request_id = type(answer.trace_id) == "string" and answer.trace_id or nil,
  }
end

-- `settings`: authority (a base URL), tenant, client_id, client_secret (text),
-- scope. -> credential
function secret.new(settings)
  local request = {
    method = "POST",
    url = ("%s/%s/oauth2/v2.0/token"):format(settings.authority, settings.tenant),
    headers = { ["content-type"] = "application/x-www-form-urlencoded",
                accept = "application/json" },
    body = core.secret(url.form {
      { "grant_type", "client_credentials" },
      { "client_id", settings.client_id },
      { "client_secret", settings.client_secret },
      { "scope", settings.scope },
    }),
  }
  local credential = { kind = "secret" }

  function credential.request()
    return request
  end

  -- -> { header = "Bearer …" as a secret, lifetime = seconds } | nil, err
  function credential.read(response)
    if response.status ~= 200 then return refusal(response) end
    local answer = entity.decode(response.body) or {}
    local lifetime = tonumber(answer.expires_in)
    if type(answer.access_token) ~= "string" or not lifetime or lifetime <= 0
       or not answer.access_token:find "^[%w%-%._~%+/]+=*$" then
      return nil, errors.new {
        code = "bad_answer", status = response.status,
        message = "the login service's answer has no token with an expiry",
      }
    end
    return { header = core.secret("Bearer " .. answer.access_token), lifetime = lifetime }
  end

  return credential
end

return secret
