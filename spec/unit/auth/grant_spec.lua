-- Answers of the token endpoint: tokens and refusals.

local core = require "mde.core"
local errors = require "mde.base.errors"
local jwt = require "mde.auth.jwt"
local samples = require "spec.support.samples"
local secrets = require "mde.auth.client_secret"
local sim = require "spec.support.sim"

local JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2FwaSJ9.c2lnbmF0dXJl"
local SECRET = "q8Q~x+&=/ü%"

local function credential(changes)
  local settings = { authority = "https://login.microsoftonline.com", tenant = "contoso.com",
    client_id = "5f3b5a0e-0b9c-4a63-8d5e-0a1b2c3d4e5f", client_secret = SECRET,
    scope = "https://api.securitycenter.microsoft.com/.default" }
  for name, value in pairs(changes or {}) do settings[name] = value end
  return secrets.new(settings)
end

local function read(status, body)
  return credential().read { status = status, headers = {}, body = body }
end

-- Expects a refusal, and gives it.
local function refused(code, got, err)
  assert.is_nil(got)
  assert.is_true(errors.is(err))
  assert.equal(code, err.code)
  assert.is_nil(tostring(err):find "%c")
  return err
end

describe("the answer with a token", function()
  it("has a header, as a secret, and a lifetime", function()
    local form = '{"token_type":"Bearer","expires_in":3599,"access_token":"%s"}'
    local got = read(200, form:format(JWT))
    assert.equal("<secret>", tostring(got.header))
    assert.equal("Bearer " .. JWT, got.header:reveal())
    assert.equal(3599, got.lifetime)
  end)

  it("is read in its published form", function()
    for _, name in ipairs { "entra-token-success.json", "entra-device-code-token-success.json",
                            "imds-token-success.json" } do
      local got = assert(credential().read(samples.response(name, 200)))
      assert.equal(3599, got.lifetime)
      assert.is_truthy(got.header:reveal():find "^Bearer eyJ")
    end
  end)

  it("is refused without a valid token, or without an expiry", function()
    local form = '{"expires_in":%s,"access_token":%s}'
    for _, case in ipairs { { "3599", "null" }, { "3599", '""' }, { "3599", "7" }, { "3599", "[]" },
                            { "3599", '"a b"' }, { "3599", '"a\\r\\nb"' }, { "3599", '"a\\u0000"' },
                            { "3599", '"=a"' }, { "null", '"a"' }, { "0", '"a"' }, { "-1", '"a"' },
                            { '"soon"', '"a"' }, { '"nan"', '"a"' }, { "[]", '"a"' },
                            { "true", '"a"' } } do
      local err = refused("bad_answer", read(200, form:format(case[1], case[2])))
      assert.equal("the login service's answer has no token with an expiry", err.message)
    end
    for _, body in ipairs { "", "<html></html>", "[]", "null",
                            '{"access_token":"a","expires_in":35' } do
      refused("bad_answer", read(200, body))
    end
  end)

  it("may leave the expiry to the token's claims", function()
    local function token(claims)
      return "eyJhbGciOiJSUzI1NiJ9." .. jwt.base64url(claims) .. ".c2ln"
    end
    local function answer(claims, headers)
      return credential().read { status = 200, headers = headers or {},
        body = ('{"access_token":"%s"}'):format(token(claims)) }
    end
    local claims = '{"iat":1769198100,"exp":1769202000}'
    assert.equal(3900, assert(answer(claims)).lifetime)
    assert.equal(3600,
      assert(answer(claims, { date = "Fri, 23 Jan 2026 20:00:00 GMT" })).lifetime)
    for _, without in ipairs { "{}", '{"exp":1769202000}', '{"exp":"x","iat":1}',
                               '{"exp":[],"iat":1}', '{"exp":1,"iat":2}' } do
      assert.equal("bad_answer", select(2, answer(without)).code, without)
    end
  end)

  it("is not shown if it is refused", function()
    for _, body in ipairs { ('{"access_token":"%s"}'):format(JWT),
                            ('{"access_token":"%s x","expires_in":3599}'):format(JWT), JWT } do
      local err = refused("bad_answer", read(200, body))
      for _, value in pairs(err) do assert.is_nil(tostring(value):find "eyJ") end
    end
  end)
end)

describe("the refusal of a sign-in", function()
  it("has the reason, and what to do about it", function()
    local response = samples.response("entra-token-error.json", 400)
    local err = refused("sign_in", credential().read(response))
    assert.equal("the login service refused to sign in: invalid_scope (AADSTS70011: the scope is"
      .. " wrong: check the cloud) (HTTP 400, request 255d1aef-8c98-452f-ac51-23d051240864)",
      tostring(err))
  end)

  it("has advice for common numbers", function()
    local advice = {
      [7000215] = "use its value, not its id", [7000222] = "the client secret has expired",
      [700016] = "the application is not known in this tenant", [90002] = "there is no such tenant",
      [500011] = "the Defender API is not known in this tenant", [70011] = "the scope is wrong",
      [53003] = "a conditional access policy", [700027] = "upload it to the application",
      [700021] = "check the client id", [700023] = "check tenant and cloud",
      [50012] = "the assertion was refused", [50013] = "the assertion is not valid",
      [65001] = "lack consent in this tenant", [7000218] = "allow public client flows",
    }
    for number, words in pairs(advice) do
      local err = refused("sign_in", read(401,
        ('{"error":"x","error_description":"AADSTS%d: Text."}'):format(number)))
      assert.is_truthy(err.message:find(("x (AADSTS%d: "):format(number), 1, true), err.message)
      assert.is_truthy(err.message:find(words, 1, true), err.message)
    end
    local err = refused("sign_in", read(400, '{"error":"x","error_description":"AADSTS7: Text."}'))
    assert.equal("the login service refused to sign in: x (AADSTS7)", err.message)
    assert.equal("AADSTS7", err.service_code)
    for word, words in pairs { authorization_declined = "was declined", expired_token = "in time",
                               bad_verification_code = "does not know the code",
                               invalid_grant = "mde login" } do
      err = refused("sign_in", read(400, ('{"error":"%s","trace_id":"t-1"}'):format(word)))
      assert.is_truthy(err.message:find(words, 1, true), err.message)
      assert.same({ word, "t-1" }, { err.service_code, err.request_id })
    end
  end)

  it("takes the number from either field", function()
    for codes, said in pairs { ["[70011]"] = 70011, ["[]"] = 7, ["[-1]"] = false, ["{}"] = 7,
                               ['["x"]'] = 7, ["[1.5]"] = false, ["[1e300]"] = false } do
      local err = refused("sign_in", read(400,
        ('{"error":"x","error_codes":%s,"error_description":"AADSTS7: Text."}'):format(codes)))
      assert.equal(said and "AADSTS" .. said or "x", err.service_code, codes)
    end
  end)

  it("ends the request if the function gives no secret", function()
    local asked, given = 0, nil
    local signing = credential { client_secret = function()
      asked = asked + 1
      return given, not given and errors.new { code = "missing_credential", message = "none" }
    end }
    assert.equal(0, asked)
    local request, err = signing.request()
    assert.same({ nil, "none", 1 }, { request, err.message, asked })
    given = "late"
    assert.is_truthy(signing.request().body:reveal():find("client_secret=late", 1, true))
  end)

  it("comes from the service in the simulator", function()
    local asker, service = sim.new()
    local function sign_in(changes)
      changes.tenant, changes.client_id = service.tenant, service.client_id
      local signing = credential(changes)
      local request = signing.request()
      local _, _, answer = asker:ask("POST", request.url:match "^https://[^/]+(.*)$",
        { ["content-type"] = request.headers["content-type"] }, request.body:reveal())
      return refused("sign_in", signing.read(answer))
    end
    local err = sign_in { client_secret = "wrong" }
    assert.is_truthy(err.message:find("invalid_client (AADSTS7000215: ", 1, true))
    assert.equal(401, err.status)
    err = sign_in { client_secret = service.client_secret,
                    scope = "https://graph.microsoft.com/.default" }
    assert.is_truthy(err.message:find("AADSTS70011", 1, true))
  end)

  it("never shows the secret or other fields of the request", function()
    local body = core.secret(credential().request().body:reveal()):reveal()
    for _, text in ipairs { SECRET, "q8Q~x%2B%26%3D%2F%C3%BC%25", body } do
      local description = ("AADSTS7000215: Invalid client secret '%s'."):format(text)
      for _, answer in ipairs { ('{"error":"invalid_client","error_description":"%s"}')
                                  :format(description), "<html>" .. text .. "</html>", text } do
        for _, status in ipairs { 200, 400, 401, 500 } do
          local _, err = read(status, answer)
          for _, value in pairs(err) do assert.is_nil(tostring(value):find("q8Q", 1, true)) end
        end
      end
    end
  end)

  it("differs from a failure of the service", function()
    local err = refused("service", read(503, "<html>Service Unavailable</html>"))
    assert.equal("the login service failed: no reason given (HTTP 503)", tostring(err))
    err = refused("service", read(500, '{"error":"server_error"}'))
    assert.equal("the login service failed: server_error (HTTP 500)", tostring(err))
  end)

  it("covers any other answer", function()
    for _, body in ipairs { "", "<html></html>", "[]", "{}", '{"error":null}', '{"error":""}',
                            '{"error":{"code":"x"}}',
                            '{"error":[],"error_description":7,"trace_id":{}}' } do
      local err = refused("sign_in", read(403, body))
      assert.equal("the login service refused to sign in: no reason given (HTTP 403)",
        tostring(err))
    end
    local err = refused("sign_in", read(302, ""))
    assert.equal(302, err.status)
  end)

  it("is one short line", function()
    local long = ("x\\r\\n"):rep(10000)
    local form = '{"error":"%s","error_description":"%s","trace_id":"%s"}'
    local err = refused("sign_in", read(400, form:format(long, long, long)))
    assert.is_true(#tostring(err) < 300)
  end)
end)
