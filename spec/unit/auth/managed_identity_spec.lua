-- Tests managed identities: VM, App Service and Azure Arc.

local errors = require "mde.base.errors"
local jwt = require "mde.auth.jwt"
local managed_identity = require "mde.auth.managed_identity"
local signing = require "spec.support.signing"

local IDENTITY = "0c1d2e3f-58d2-4b77-8f0e-b1a6c2d4e587"
local OTHER = "1c1d2e3f-58d2-4b77-8f0e-b1a6c2d4e587"

-- A credential in an environment.
local function identity(here, environment, changes)
  local settings = here:with { client_id = false,
                               getenv = function(name) return (environment or {})[name] end }
  for name, value in pairs(changes or {}) do settings[name] = value end
  settings.client_id = settings.client_id or nil
  return managed_identity.new(settings)
end

local function refused(code, words, got, err)
  assert.is_nil(got)
  assert.is_true(errors.is(err))
  assert.equal(code, err.code, tostring(err))
  assert.is_truthy(err.message:find(words, 1, true), err.message)
  return err
end

describe("the identity of a machine in Azure", function()
  it("is requested in the documented form, without a proxy", function()
    local here = signing.new { identity = IDENTITY }
    local credential = identity(here)
    local token = assert(here:sign(credential))
    assert.is_true(here:is_taken(token))
    assert.equal(IDENTITY, jwt.claims(token).appid)
    local request = here.requests[1]
    assert.equal("http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"
      .. "&resource=https%3A%2F%2Fapi.securitycenter.microsoft.com", request.url)
    assert.same({ "GET", "true", true }, { request.method, request.headers.metadata,
                                           request.is_direct })
    assert.is_nil(credential.identity)
  end)

  it("may be one assigned by the user", function()
    local here = signing.new { identity = IDENTITY }
    assert(here:sign(identity(here, {}, { client_id = IDENTITY })))
    assert.is_truthy(here.requests[1].url:find("&client_id=" .. IDENTITY, 1, true))
    refused("missing_credential", "the given client id",
      here:sign(identity(here, {}, { client_id = OTHER })))
  end)

  it("is waited for while it is created, and during an update of its service", function()
    local here = signing.new { identity = IDENTITY, identity_404 = 4 }
    local token, _, seconds = here:sign(identity(here))
    assert.same({ true, 15, 5 }, { token ~= nil, seconds, #here.requests })
    here.sign_in.identity_410 = 6
    token, _, seconds = here:sign(identity(here))
    assert.same({ true, 63 }, { token ~= nil, seconds })
    here.sign_in.identity_410 = 1000
    local credential = identity(here)
    local err
    token, err, seconds = here:sign(credential)
    assert.is_nil(token)
    assert.same({ 70, 410 }, { seconds, err.status })
    here.sign_in.identity_410 = 0
    assert(here:sign(credential))
  end)

  it("is requested again after a failure of its service", function()
    local here = signing.new({ identity = IDENTITY }, { unavailable = { nth = { 1, 2 } } })
    assert(here:sign(identity(here)))
    assert.equal(3, #here.requests)
    here = signing.new({ identity = IDENTITY }, { unreachable = { nth = { 1 } } })
    assert(here:sign(identity(here)))
  end)

  it("is recognized as missing within a second if it is only probed", function()
    local here = signing.new({ identity = IDENTITY }, { unreachable = true })
    local credential = identity(here, {}, { is_probe = true })
    local token, err, seconds = here:sign(credential)
    refused("missing_credential", "no metadata service", token, err)
    assert.same({ 0, 1 }, { seconds, #here.requests })
    assert.equal(1, here.requests[1].connect_timeout)
    here = signing.new()  -- the metadata service of another cloud
    token, err, seconds = here:sign(identity(here))
    refused("missing_credential", "not Azure's (HTTP 404)", token, err)
    assert.equal(0, seconds)
  end)
end)

describe("the identity of an App Service", function()
  local ENVIRONMENT = { IDENTITY_ENDPOINT = "http://localhost:42356/msi/token",
                        IDENTITY_HEADER = "853b9a84" }

  it("is requested with the header from its environment", function()
    local here = signing.new { identity = IDENTITY, identity_header = "853b9a84" }
    local credential = identity(here, ENVIRONMENT)
    assert.is_true(here:is_taken(assert(here:sign(credential))))
    assert.equal("http://127.0.0.1:42356/msi/token?api-version=2019-08-01"
      .. "&resource=https%3A%2F%2Fapi.securitycenter.microsoft.com", here.requests[1].url)
    assert.is_false(here.shows(here.requests, { "853b9a84" }))
    assert.is_false(here.shows(credential, { "853b9a84" }))
    here.sign_in.identity_header = "another"
    local err = refused("sign_in", "refused to sign in: unauthorized", here:sign(credential))
    assert.is_false(here.shows(err, { "853b9a84" }))
  end)

  it("is not requested from a remote address", function()
    local here = signing.new()
    for _, address in ipairs { "http://example.com/msi/token", "http://169.254.1.1.example.com/x",
                               "http://127.0.0.1@example.com/x", "http://[::2]/x", "ftp://x/y",
                               "http://169.254.1.1/x?y", "http://169.254.1.1/x y" } do
      local _, err = identity(here, { IDENTITY_ENDPOINT = address, IDENTITY_HEADER = "853b9a84" })
      assert.equal("invalid_argument", err.code, address)
      assert.is_truthy(err.message:find("IDENTITY_ENDPOINT", 1, true))
    end
    local _, err = identity(here, { AZURE_POD_IDENTITY_AUTHORITY_HOST = "http://example.com" })
    assert.is_truthy(err.message:find("AZURE_POD_IDENTITY_AUTHORITY_HOST", 1, true))
    assert(identity(here, { AZURE_POD_IDENTITY_AUTHORITY_HOST = "http://169.254.169.254/" }))
    _, err = identity(here, { IDENTITY_ENDPOINT = "https://x/y", IDENTITY_HEADER = "h",
                              IDENTITY_SERVER_THUMBPRINT = "t" })
    assert.is_truthy(err.message:find("Service Fabric", 1, true))
  end)
end)

describe("the identity from Azure Arc", function()
  local ENVIRONMENT = { IDENTITY_ENDPOINT = "http://127.0.0.1:40342/metadata/identity/oauth2/token",
                        IMDS_ENDPOINT = "http://127.0.0.1:40342" }
  local files = require "spec.support.folder".new()
  before_each(files.make)
  after_each(files.remove)
  local put = files.put

  -- Signs in where the agent names `path` and wants `content`.
  local function arc(path, content, folders)
    local here = signing.new { identity = IDENTITY,
                               arc_key = { path = path, content = content or "k-3f9a" } }
    local token, err = here:sign(identity(here, ENVIRONMENT,
      { key_folders = folders or { files.path "" } }))
    return token, err, here
  end

  it("is requested with the key of its agent", function()
    put("a.key", "k-3f9a")
    local token, err, here = arc(files.path "a.key")
    assert.is_nil(err)
    assert.is_true(here:is_taken(token))
    assert.equal(2, #here.requests)
    assert.is_nil(here.requests[1].headers.authorization)
    assert.is_false(here.shows(here.requests, { "k-3f9a" }))
  end)

  it("reads no file outside the agent's folder", function()
    put("a.key", "k-3f9a")
    put("a.txt", "k-3f9a")
    os.execute(("mkdir %s && cp %s %s/"):format(files.path "in", files.path "a.key",
      files.path "in"))
    for _, path in ipairs { "/etc/passwd", files.path "a.txt", files.path "in/a.key",
                            files.path "../etc/a.key", files.path "in/../a.key", "a.key", "" } do
      refused("sign_in", "key file", arc(path))
    end
    refused("sign_in", "not in /var/opt/azcmagent/tokens/", (function()
      local here = signing.new { identity = IDENTITY,
                                 arc_key = { path = files.path "a.key", content = "k" } }
      return here:sign(identity(here, ENVIRONMENT))
    end)())
  end)

  it("is refused with a malformed key, and with a wrong one", function()
    refused("sign_in", "cannot be read", arc(files.path "none.key"))
    put("long.key", ("k"):rep(4097))
    refused("sign_in", "longer than 4096", arc(files.path "long.key"))
    put("most.key", ("k"):rep(4096))
    assert((arc(files.path "most.key", ("k"):rep(4096))))
    put("lines.key", "k\r\nx: y")
    refused("sign_in", "has no key", arc(files.path "lines.key"))
    put("empty.key", "")
    refused("sign_in", "has no key", arc(files.path "empty.key"))
    put("a.key", "wrong-key")
    local _, err, here = arc(files.path "a.key")
    refused("sign_in", "unauthorized", nil, err)
    assert.is_false(here.shows(err, { "wrong-key" }))
  end)

  it("must be the machine's own", function()
    local here = signing.new()
    local _, err = identity(here, ENVIRONMENT, { client_id = IDENTITY })
    assert.is_truthy(err.message:find("omit the client id", 1, true))
  end)
end)
