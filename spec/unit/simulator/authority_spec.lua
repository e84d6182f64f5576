-- Tests the simulated token endpoint and sign-in of users.

local jwt = require "mde.auth.jwt"
local key = require "mde.simulator.key"
local sim = require "spec.support.sim"
local url = require "mde.base.url"

-- Asks for a token. `changes` replace fields of a good request; false: absent.
local function sign_in(asker, changes, tenant)
  local service, fields = asker.service, {}
  local good = { grant_type = "client_credentials", client_id = service.client_id,
    client_secret = service.client_secret,
    scope = "https://api.securitycenter.microsoft.com/.default" }
  for name, value in pairs(changes or {}) do good[name] = value end
  for name, value in pairs(good) do
    if value then fields[#fields + 1] = { name, value } end
  end
  return asker:ask("POST", "/" .. (tenant or service.tenant) .. "/oauth2/v2.0/token",
    { ["content-type"] = "application/x-www-form-urlencoded" }, url.form(fields))
end

describe("the simulated token endpoint", function()
  it("issues a token that the service accepts until it expires", function()
    local asker, service, clock = sim.new { token_lifetime = 3600 }
    local status, body = sign_in(asker)
    assert.equal(200, status)
    assert.equal("Bearer", body.token_type)
    assert.equal(3600, body.expires_in)
    asker.token = body.access_token
    assert.equal(200, (asker:list()))
    clock.advance(3599.5)
    assert.equal(200, (asker:list()))
    clock.advance(0.5)
    local refused, answer = asker:list()
    assert.equal(401, refused)
    assert.equal("Unauthorized", answer.error.code)
    assert.is_truthy(answer.error.message:find "expired")
    assert.equal(1, service:requests("token", 200))
  end)

  it("signs its tokens, which name the roles", function()
    local asker, service = sim.new { roles = { "Machine.Scan", "Machine.Read.All" } }
    local _, body = sign_in(asker)
    local certificate, parts = key.certificate(), assert(jwt.parts(body.access_token))
    assert.equal("JWT", parts.header.typ)
    assert.equal(jwt.base64url(certificate:thumbprint "SHA-1"), parts.header.x5t)
    assert.equal(parts.header.x5t, parts.header.kid)
    assert.is_true(certificate:verify(parts.signed, parts.signature, parts.header.alg))
    assert.same({ "Machine.Scan", "Machine.Read.All" }, parts.claims.roles)
    assert.equal(service.tenant, parts.claims.tid)
    assert.equal(3600, parts.claims.exp - parts.claims.iat)
    local _, another = sign_in(asker)
    assert.not_equal(body.access_token, another.access_token)
  end)

  it("refuses in the form of Entra", function()
    local asker = sim.new()
    local function refused(status, name, number, changes, tenant)
      local code, body = sign_in(asker, changes, tenant)
      assert.equal(status, code)
      assert.equal(name, body.error)
      assert.same({ number }, body.error_codes)
      assert.is_truthy(body.error_description:find("AADSTS" .. number .. ": ", 1, true))
      assert.is_truthy(body.error_description:find(body.trace_id, 1, true))
      assert.is_truthy(body.timestamp:find "^2026%-01%-23 20:00:00Z$")
      assert.is_nil(body.access_token)
    end
    refused(401, "invalid_client", 7000215, { client_secret = "wrong" })
    refused(401, "invalid_client", 7000215, { client_secret = false })
    refused(400, "unauthorized_client", 700016, { client_id = "somebody" })
    refused(400, "invalid_scope", 70011, { scope = "https://graph.microsoft.com/.default" })
    refused(400, "invalid_request", 900144, { scope = false })
    refused(400, "invalid_request", 900144, { grant_type = "" })
    refused(400, "unsupported_grant_type", 70003, { grant_type = "password" })
    refused(400, "invalid_request", 90002, {}, "other.example.com")
  end)

  it("does not show the secret", function()
    local asker, service = sim.new()
    local _, _, answer = sign_in(asker, { client_secret = service.client_secret .. "x" })
    assert.is_nil(answer.body:find(service.client_secret, 1, true))
  end)

  it("accepts only POST", function()
    local asker, service = sim.new()
    assert.equal(404, (asker:ask("GET", "/" .. service.tenant .. "/oauth2/v2.0/token")))
  end)
end)

describe("the simulated service", function()
  it("refuses tokens of other issuers", function()
    local asker = sim.new()
    for _, header in ipairs { "", "Bearer ", "Bearer x", "Basic " .. asker.token } do
      local status, body = asker:ask("GET", "/api/machineactions", { authorization = header })
      assert.equal(401, status)
      assert.equal("Unauthorized", body.error.code)
    end
  end)

  it("does not count refused requests towards the quota", function()
    local asker = sim.new { quota = { per_minute = 1 } }
    asker:ask("GET", "/api/machineactions", { authorization = "Bearer x" })
    assert.equal(200, (asker:list()))
    assert.equal(429, (asker:list()))
  end)
end)

describe("the simulated sign-in of users", function()
  local function post(asker, endpoint, fields)
    return asker:ask("POST", "/" .. asker.service.tenant .. "/oauth2/v2.0/" .. endpoint,
      { ["content-type"] = "application/x-www-form-urlencoded" }, url.form(fields))
  end

  local DEVICE = "urn:ietf:params:oauth:grant-type:device_code"

  local function start(asker)
    local _, body = post(asker, "devicecode", { { "client_id", asker.service.client_id },
      { "scope", "https://api.securitycenter.microsoft.com/.default offline_access" } })
    return body
  end

  local function poll(asker, code)
    return post(asker, "token", { { "client_id", asker.service.client_id },
      { "grant_type", DEVICE }, { "device_code", code } })
  end

  it("gives a code, and tokens once it was entered", function()
    local asker, service, clock = sim.new { sign_in = { device = "pending" } }
    local body = start(asker)
    assert.same({ 900, 5 }, { body.expires_in, body.interval })
    clock.advance(5)
    local status, answer = poll(asker, body.device_code)
    assert.same({ 400, "authorization_pending" }, { status, answer.error })
    clock.advance(1)
    status, answer = poll(asker, body.device_code)
    assert.same({ 400, "slow_down" }, { status, answer.error })
    service.authority.sign_in.device = "approved"
    clock.advance(10)
    status, answer = poll(asker, body.device_code)
    assert.same({ 200, "Bearer" }, { status, answer.token_type })
    asker.token = answer.access_token
    assert.equal(200, (asker:list()))
    status, answer = poll(asker, body.device_code)
    assert.same({ 400, "bad_verification_code" }, { status, answer.error })
  end)

  it("accepts a refresh token once", function()
    local asker, service, clock = sim.new()
    local body = start(asker)
    clock.advance(5)
    local _, first = poll(asker, body.device_code)
    local function refresh(token)
      return post(asker, "token", { { "client_id", service.client_id },
        { "grant_type", "refresh_token" }, { "refresh_token", token } })
    end
    local status, second = refresh(first.refresh_token)
    assert.equal(200, status)
    assert.not_equal(first.refresh_token, second.refresh_token)
    local answer
    status, answer = refresh(first.refresh_token)
    assert.same({ 400, "invalid_grant" }, { status, answer.error })
    assert.equal(200, (refresh(second.refresh_token)))
  end)

  it("refuses everything on request", function()
    local asker = sim.new { sign_in = { refusal = { status = 400, error = "invalid_grant",
      number = 65001, message = "No consent." } } }
    assert.equal("invalid_grant", start(asker).error)
    local status, body = sign_in(asker)
    assert.same({ 400, { 65001 } }, { status, body.error_codes })
    assert.error_matches(function() sim.new { sign_in = { devise = 1 } } end, "devise")
  end)
end)
