-- Tests the chain of credentials in the order of Azure's SDKs.

local certificates = require "spec.support.certificates"
local core = require "mde.core"
local device_code = require "mde.auth.device_code"
local session = require "mde.auth.session"
local settings = require "mde.config.options"
local signing = require "spec.support.signing"

local IDENTITY = "0c1d2e3f-58d2-4b77-8f0e-b1a6c2d4e587"
local files = require "spec.support.folder".new()
before_each(files.make)
after_each(files.remove)
local put = files.put

-- Reads the options of mde.config.options from an environment, at the simulator.
local function read(here, environment, options)
  return settings.read(options or {}, function(name) return environment[name] end,
    { clock = here.clock, store = here.store })
end

-- An environment with the simulator's tenant and application, and more.
local function known(here, changes)
  local all = { AZURE_TENANT_ID = here.service.tenant, AZURE_CLIENT_ID = here.service.client_id }
  for name, value in pairs(changes or {}) do all[name] = value end
  return all
end

-- The grant of the first request, or its address where it posts no form.
local function first(here)
  local request = here.requests[1]
  return request.body and request.body:reveal() or request.url
end

describe("looking for a way to sign in", function()
  it("prefers them in the order of Azure's SDKs", function()
    local assertion = "eyJhIjoxfQ.eyJleHAiOjk5OTk5OTk5OTk5fQ.c2ln"
    local here = signing.new { certificate = certificates.read "leaf.pem",
                               federated = { assertion }, identity = IDENTITY }
    local file = put("token", assertion .. "\n")
    local environment = known(here, { AZURE_CLIENT_SECRET = here.service.client_secret,
      AZURE_CLIENT_CERTIFICATE_PATH = "spec/support/certificates/leaf.pem",
      AZURE_FEDERATED_TOKEN_FILE = file })
    local function uses(words)
      here.requests = {}
      local token = assert(here:sign(assert(read(here, environment)).credential))
      assert.is_true(here:is_taken(token))
      assert.is_truthy(first(here):find(words, 1, true), first(here))
    end
    uses "client_secret="
    environment.AZURE_CLIENT_SECRET = nil
    uses "client_assertion=eyJ"
    environment.AZURE_CLIENT_CERTIFICATE_PATH = ""
    uses("client_assertion=" .. assertion)
    environment.AZURE_FEDERATED_TOKEN_FILE = nil
    environment.AZURE_CLIENT_ID = IDENTITY  -- which it then is
    uses "http://169.254.169.254/"
    environment.AZURE_CLIENT_ID = here.service.client_id
    local given = here:with { show = function() end, sessions = here.store.sessions }
    function given.done(answer) session.keep(given, answer) end
    assert(here:sign(device_code.new(given)))
    uses "grant_type=refresh_token"
  end)

  it("uses the credential that an option names, regardless of the environment", function()
    local here = signing.new { identity = IDENTITY }
    local environment = known(here, { AZURE_CLIENT_SECRET = "s", MDE_TOKEN = "t" })
    local got = assert(read(here, environment, { managed_identity = true }))
    assert(here:sign(got.credential))
    assert.is_truthy(first(here):find("http://169.254.169.254/", 1, true))
    assert.is_nil(first(here):find("client_id", 1, true))
    assert.equal("managed identity of this machine", got.application)
    got = assert(read(here, environment, { managed_identity = IDENTITY:upper() }))
    assert(here:sign(got.credential))
    assert.equal("managed identity " .. IDENTITY, got.application)
    local password = certificates.bytes "leaf.pfx" and "hunter2"
    got = assert(read(here, environment, {
      client_certificate = "spec/support/certificates/leaf.pfx",
      client_certificate_password = password, client_certificate_algorithm = "RS256",
      send_certificate_chain = true }))
    assert.is_truthy(got.credential.request().body:reveal():find("client_assertion", 1, true))
    local _, err = read(here, environment, {
      client_certificate = "spec/support/certificates/leaf.pfx",
      client_certificate_password = "wrong-password" })
    assert.equal("invalid_argument", err.code)
    assert.is_nil(err.message:find("wrong-password", 1, true))
    assert.is_truthy(err.message:find("leaf.pfx", 1, true))
    _, err = read(here, environment, {
      client_certificate = "spec/support/certificates/leaf.pem",
      client_certificate_algorithm = "none" })
    assert.is_truthy(err.message:find("client_certificate_algorithm: 'none'", 1, true))
  end)

  it("runs no program by default if other work would wait", function()
    local here = signing.new({}, { unreachable = { nth = { 1, 2 } } })
    local shared = { clock = here.clock, store = here.store, host = require "mde.host.nginx" }
    local function lack(environment)
      local credential = assert(settings.read({}, function(name) return environment[name] end,
        shared)).credential
      local _, err = here:sign(credential)
      return err.lacks[#err.lacks]
    end
    assert.same({ "Azure CLI", "it would stop everything else in this process while it runs;"
      .. " azure_cli = true or AZURE_TOKEN_CREDENTIALS=AzureCliCredential allows it" }, lack {})
    local named = lack { AZURE_TOKEN_CREDENTIALS = "AzureCliCredential" }
    assert.is_nil(named[2]:find("would stop", 1, true), named[2])
    shared.host = { wait = coroutine.yield }  -- an event loop's
    assert.matches("would stop", lack {}[2], 1, true)
    shared.host.is_shared = false
    assert.is_nil(lack {}[2]:find("would stop", 1, true))
  end)

  it("runs the Azure CLI if an option names it", function()
    local here = signing.new()
    local function read_with(options)
      return settings.read(options, function() end,
        { clock = here.clock, store = here.store, host = require "mde.host.nginx" })
    end
    local way = assert(read_with { azure_cli = true }).credential
    assert.equal("Azure CLI", way.name)
    assert.matches("Azure CLI", select(2, here:sign(way)).message, 1, true)
    for options, problem in pairs {
      [{ azure_cli = "yes" }] = "azure_cli: must be true",
      [{ azure_cli = true, managed_identity = true }] = "managed_identity and azure_cli: give only",
    } do
      local none, err = read_with(options)
      assert.is_nil(none)
      assert.matches(problem, err.message, 1, true)
    end
  end)

  it("reports the reason for each missing credential, and then starts over", function()
    local here = signing.new({}, { unreachable = { nth = { 1 } } })
    local credential = assert(read(here, { PATH = "/nowhere" })).credential
    local token, err = here:sign(credential)
    assert.is_nil(token)
    assert.equal("missing_credential", err.code)
    assert.is_nil(tostring(err):find "%c")
    local names = {}
    for i, lack in ipairs(err.lacks) do names[i] = lack[1] end
    assert.same({ "token", "client secret", "certificate", "federated token", "mde login",
                  "managed identity", "Azure CLI" }, names)
    for _, words in ipairs { "MDE_TOKEN is not set",
                             "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET are not set",
                             "has no metadata service" } do
      assert.is_truthy(err.message:find(words, 1, true), err.message)
    end
    here.sign_in.identity = IDENTITY
    assert(here:sign(credential))
  end)

  it("skips a missing credential, and stops at a rejected one", function()
    local here = signing.new { identity = IDENTITY, refusal = { status = 400,
      error = "invalid_grant", number = 53003, message = "Blocked." } }
    local environment = known(here, { AZURE_CLIENT_SECRET = here.service.client_secret })
    local token, err = here:sign(assert(read(here, environment)).credential)
    assert.is_nil(token)
    assert.equal("AADSTS53003", err.service_code)
    assert.equal(1, #here.requests)
    here.store.sessions:put(session.name(here.settings), core.secret "kept")
    here.requests = {}
    token, err = here:sign(assert(read(here, known(here))).credential)
    assert.is_nil(token)
    assert.equal("AADSTS53003", err.service_code)
    assert.equal(1, #here.requests)
  end)

  it("keeps the credential that worked", function()
    local here = signing.new { identity = IDENTITY }
    local credential = assert(read(here, {})).credential
    assert(here:sign(credential))
    assert.equal("managed identity", credential.way())
    here.requests = {}
    assert(here:sign(credential))
    assert.equal(1, #here.requests)
    assert.is_nil(next(here.store.tokens.kept))  -- the machine has it anyway
  end)

  it("is narrowed by AZURE_TOKEN_CREDENTIALS", function()
    local here = signing.new { identity = IDENTITY }
    local function lacks(value, changes)
      local environment = known(here, changes)
      environment.AZURE_TOKEN_CREDENTIALS = value
      local _, err = here:sign(assert(read(here, environment)).credential)
      local left_out = {}
      for _, lack in ipairs(err.lacks) do
        if lack[2] == "AZURE_TOKEN_CREDENTIALS excludes it" then
          left_out[#left_out + 1] = lack[1]
        end
      end
      return table.concat(left_out, ", ")
    end
    here.sign_in.identity = false
    assert.equal("client secret, certificate, federated token, managed identity", lacks("dev",
      { AZURE_CLIENT_SECRET = "s" }))
    assert.equal("mde login, Azure CLI", lacks "PROD")
    assert.equal("federated token, mde login, managed identity, Azure CLI",
      lacks "EnvironmentCredential")
    assert.equal("client secret, certificate, mde login, managed identity, Azure CLI",
      lacks "workloadidentitycredential")
    assert.equal("client secret, certificate, federated token, mde login, Azure CLI",
      lacks " ManagedIdentityCredential ")
    local _, err = read(here, { AZURE_TOKEN_CREDENTIALS = "VisualStudioCredential" })
    assert.equal("invalid_argument", err.code)
    assert.is_truthy(err.message:find("'VisualStudioCredential'", 1, true))
  end)
end)
