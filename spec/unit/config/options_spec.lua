-- Tests the client options: option, environment, default.

local settings = require "mde.config.options"

local TENANT = "7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60"
local CLIENT = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587"
local GOOD = { AZURE_TENANT_ID = TENANT, AZURE_CLIENT_ID = CLIENT, AZURE_CLIENT_SECRET = "s~1" }

local function read(options, environment)
  return settings.read(options or {}, function(name) return (environment or GOOD)[name] end)
end

local function with(changes)
  local environment = {}
  for name, value in pairs(GOOD) do environment[name] = value end
  for name, value in pairs(changes) do environment[name] = value end
  return environment
end

-- -> host and body of the request that signs in
local function sign_in(result)
  local request = result.credential.request()
  return request.url, request.body:reveal()
end

describe("settings", function()
  it("come from the environment", function()
    local result = assert(read())
    assert.equal(TENANT, result.tenant)
    assert.equal("https://api.security.microsoft.com", result.api_url)
    local address, body = sign_in(result)
    assert.equal("https://login.microsoftonline.com/" .. TENANT .. "/oauth2/v2.0/token", address)
    assert.is_truthy(body:find("client_id=" .. CLIENT, 1, true))
    assert.is_truthy(body:find("client_secret=s~1", 1, true))
    result = assert(read({}, with { AZURE_AUTHORITY_HOST = "https://login.example.com/",
                                    MDE_API_URL = "http://127.0.0.1:8080" }))
    assert.equal("http://127.0.0.1:8080", result.api_url)
    assert.is_truthy(sign_in(result):find("https://login.example.com/7d", 1, true))
  end)

  it("come from options rather than the environment", function()
    local result = assert(read({ tenant = "contoso.com", client_secret = "s~2", cloud = "eu" },
      with { MDE_TOKEN = "t", MDE_API_URL = "https://elsewhere.example",
             AZURE_AUTHORITY_HOST = "https://login.example" }))
    assert.equal("contoso.com", result.tenant)
    assert.equal("https://eu.api.security.microsoft.com", result.api_url)
    local address, body = sign_in(result)
    assert.is_truthy(address:find("https://login.microsoftonline.com/contoso.com/", 1, true))
    assert.is_truthy(body:find("client_secret=s~2", 1, true))
  end)

  it("accept a token alone, which takes precedence over other variables", function()
    for _, result in ipairs { assert(read({}, with { MDE_TOKEN = "abc" })),
                              assert(read({ token = "abc" })),
                              assert(read({ token = "abc" }, {})) } do
      assert.equal("Bearer abc", result.credential.header:reveal())
      assert.is_nil(result.tenant)
    end
    local _, err = read({}, { MDE_TOKEN = "Bearer eyJh" })
    assert.is_truthy(err.message:find "^MDE_TOKEN: not an access token: .* without 'Bearer'$")
    assert.is_falsy(err.message:find "eyJ")
    assert.equal("contoso.com", assert(read { token = "abc", tenant = "contoso.com" }).tenant)
    assert.truthy(assert(read { token = "abc" }).application:find "^token %x+$")
    local payload = "eyJ0aWQiOiAiN2QwYjNiNGUtNmUxZi00YzQzLTlkNWEtMmY4ZDRhMWM5YjYwIiwgImF6cC"
      .. "I6ICIzYzlmNGYwYS01OGQyLTRiNzctOGYwZS1iMWE2YzJkNGU1ODcifQ"
    local named = assert(read { token = "eyJ." .. payload .. ".x" })
    assert.equal("7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60", named.tenant)
    assert.equal("7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60/3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587",
      named.application)
  end)

  it("name the missing options of the chosen credential", function()
    for way, value in pairs { client_secret = "s~3", client_certificate = "/nowhere",
                              federated_token_file = "/nowhere" } do
      local result, err = read({ [way] = value }, { AZURE_CLIENT_ID = CLIENT })
      assert.same({ nil, "missing_credential" }, { result, err.code })
      assert.equal("no way to sign in: " .. way .. " requires tenant and client_id: tenant"
        .. " (AZURE_TENANT_ID) is missing", err.message)
    end
    local _, err = read({ client_secret = "s~3" }, {})
    assert.is_truthy(err.message:find("client_id (AZURE_CLIENT_ID) are missing", 1, true))
  end)

  it("are refused with name and value, and no secret", function()
    local guid = "a GUID"
    for _, case in ipairs {
      { { tenant = "a b" }, "tenant: the value of 3 characters", guid },
      { { tenant = 7 }, "tenant" },
      { { client_id = "two words" }, "client_id: the value of 9 characters", guid },
      { { client_secret = 7 }, "client_secret" },
      { { client_certificate = "/no/such" }, "client_certificate: the file cannot be read" },
      { { client_certificate = 7 }, "client_certificate" },
      { { client_certificate = "/dev/null" }, "client_certificate: /dev/null" },
      { { client_certificate = "/dev/null", client_certificate_password = 7 }, "must be text" },
      { { federated_token_file = "" }, "federated_token_file" },
      { { managed_identity = "x" }, "managed_identity", guid },
      { { managed_identity = false }, "managed_identity" },
      { { managed_identity = true, client_secret = "s" }, "client_secret and managed_identity" },
      { { client_secret = {} }, "client_secret" }, { { token = "two words" }, "token" },
      { { token = 7 }, "token" },
      { { token = "t", tenant = "a b" }, "tenant" },
      { { api_url = "https://user:two words@h" }, "api_url", "without path, user" },
      { { cloud = "moon" }, "cloud: 'moon'", "commercial" },
      { { api_url = "http://example.com" }, "'http://example.com'", "loopback" },
      { { api_url = "https://h/path" }, "'https://h/path'", "without path" },
      { { authority = "ftp://h" }, "'ftp://h'" }, { { timeout = 0 }, "timeout: '0'" },
      { { timeout = "5" }, "timeout: '5'" }, { { timeout = 0 / 0 }, "timeout" },
      { { http_version = "3" }, "http_version: '3'", "'1.1' or '2'" },
      { { user_agent = "a\nb" }, "user_agent" }, { { proxy = 7 }, "proxy" },
      { { proxy = "" }, "proxy" }, { { ca_file = "" }, "ca_file" }, { { quota = true }, "quota" },
      { { quota = {} }, "quota" }, { { quota = { per_minute = 0 } }, "quota" },
      { { quota = { per_minute = 1.5 } }, "quota" }, { { on_request = 7 }, "on_request" },
    } do
      local result, err = read(case[1])
      assert.is_nil(result, case[2])
      assert.equal("invalid_argument", err.code)
      for i = 2, #case do assert.is_truthy(err.message:find(case[i], 1, true), err.message) end
      assert.is_falsy(err.message:find("two words", 1, true))
    end
    local result, err = read({}, with { MDE_QUOTA = "many" })
    assert.is_nil(result)
    assert.is_truthy(err.message:find("MDE_QUOTA: 'many'", 1, true))
    result, err = read({}, with { MDE_API_URL = "example.com" })
    assert.is_nil(result)
    assert.is_truthy(err.message:find("MDE_API_URL: 'example.com'", 1, true))
  end)

  it("raise on an unknown option", function()
    assert.error_matches(function() read { tenent = "x" } end, "unknown option 'tenent'")
    assert.error_matches(function() read { quota = { minute = 1, per_hour = 2 } } end,
      "unknown option 'minute'")
  end)

  it("limit each operation by the service's limits, or by the quota", function()
    local function limits(options, environment)
      return { assert(read(options, environment)).limits "cancel" }
    end
    assert.same({ 100, 1500 }, limits())
    assert.same({ 7, 8 }, limits { quota = { per_minute = 7, per_hour = 8 } })
    assert.same({ 7 }, limits { quota = { per_minute = 7 } })
    assert.same({}, limits { quota = false })
    assert.same({ 6000, 90000 }, limits({}, with { MDE_QUOTA = "6000,90000" }))
    assert.same({}, limits({}, with { MDE_QUOTA = "off" }))
    local rarer = assert(read({}, with { MDE_QUOTA = "6000,90000" })).limits
    assert.same({ 600 }, { rarer "live_response" })
    assert.same({ 120, 7200 }, { rarer "package_uri" })
    assert.same({ 1 }, { assert(read { quota = { per_minute = 1 } }).limits "package_uri" })
  end)

  it("use the environment's proxy, except for loopback and NO_PROXY", function()
    local function proxies(options, environment)
      local result = assert(read(options, with(environment)))
      return { result.api_proxy or false, result.authority_proxy or false }
    end
    local proxy = "http://proxy.example:3128"
    assert.same({ false, false }, proxies({}, {}))
    assert.same({ proxy, proxy }, proxies({}, { HTTPS_PROXY = proxy }))
    assert.same({ proxy, false },
      proxies({}, { https_proxy = proxy, no_proxy = "login.microsoftonline.com" }))
    assert.same({ false, proxy },
      proxies({ api_url = "http://127.0.0.1:8080" }, { HTTPS_PROXY = proxy }))
    assert.same({ false, false }, proxies({ proxy = false }, { HTTPS_PROXY = proxy }))
    assert.same({ false, "http://mine" },
      proxies({ api_url = "http://[::1]:8080", proxy = "http://mine" }, {}))
    assert.same({ "http://mine", "http://mine" },
      proxies({ proxy = "http://mine" }, { HTTPS_PROXY = proxy }))
  end)
end)
