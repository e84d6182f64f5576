-- Clients made of profiles, and what they sign in with.

local clocks = require "mde.simulator.clock"
local mde = require "mde"
local settings = require "mde.config.options"

local TENANT = "7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60"
local OTHER = "1d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b61"
local CLIENT = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587"

local folder, path

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(text)
  file:close()
  os.execute(("chmod 600 '%s/%s'"):format(folder, name))
end

local function assert_has(text, ...)
  for _, part in ipairs { ... } do assert.is_truthy(text:find(part, 1, true), text) end
end

describe("clients of profiles", function()
  before_each(function()
    local pipe = assert(io.popen "mktemp -d")
    folder = pipe:read()
    pipe:close()
    path = folder .. "/config.lua"
    write("config.lua", ([[return {
      defaults = { client_id = "%s", timeout = 7 },
      profiles = {
        b = { tenant = "%s", secret_command = "echo s; echo x >>'%s/runs'" },
        a = { tenant = "a.com", client_secret = "s", api_url = "http://127.0.0.1:1" },
      } }]]):format(CLIENT, TENANT, folder))
  end)

  after_each(function() os.execute("rm -rf '" .. folder .. "'") end)

  it("run no secret_command if other work would wait", function()
    for _, host in ipairs { "nginx", "haproxy", { wait = coroutine.yield } } do
      local client, err = mde.client { profile = "b", config = path, host = host }
      assert.is_nil(client)
      assert_has(err.message, "profiles.b: secret_command", "use secret_file")
    end
    assert(mde.client { profile = "b", config = path, host = { wait = print, is_shared = false } })
    assert(mde.client { profile = "b", config = path, host = "nginx", client_secret = "s" })
    assert(mde.client { profile = "b", config = path, host = "nginx", run_secret_command = true })
    assert.is_nil(mde.client { profile = "b", config = path, host = "nginx",
                               run_secret_command = "yes" })
    assert(mde.client { profile = "a", config = path, host = "nginx" })
    assert.is_nil(io.open(folder .. "/runs"))
  end)

  it("are one per selected profile, in order, with the profile's name", function()
    local list = assert(mde.clients { all = true, config = path, timeout = 5 })
    assert.equal(2, #list)
    assert.same({ "a", "a.com", 5, "http://127.0.0.1:1" },
      { list[1].profile, list[1].tenant, list[1].request_timeout, list[1].api_url })
    assert.same({ "b", TENANT, 5 }, { list[2].profile, list[2].tenant, list[2].request_timeout })
    assert.is_nil(io.open(folder .. "/runs"))
    assert.equal(7, assert(mde.clients { profiles = { "b" }, config = path })[1].request_timeout)
  end)

  it("can be made for one name", function()
    local one = assert(mde.client { profile = "a", config = path })
    assert.same({ "a", 7 }, { one.profile, one.request_timeout })
    local none, err = mde.client { profile = "*", config = path }
    assert.is_nil(none)
    assert_has(err.message, "mde.clients")
    none, err = mde.client { profile = "c", config = path }
    assert.is_nil(none)
    assert_has(err.message, "'c'", "similar are a, b")
  end)

  it("are refused with the profile's name", function()
    write("config.lua", "return { profiles = { z = { tenant = 's 3', client_secret = 's' } } }")
    local none, err = mde.clients { all = true, config = path }
    assert.is_nil(none)
    assert_has(err.message, "profiles.z: ", "tenant")
    none, err = mde.clients { config = path }
    assert.same({ nil, "invalid_argument" }, { none, err.code })
    assert.error_matches(function() mde.clients { profile = "z" } end,
      "mde.clients: unknown option 'profile'")
    assert.error_matches(function() mde.client { profiles = "z" } end,
      "mde.client: unknown option 'profiles'")
  end)
end)

describe("a secret that is read on use", function()
  local world = require "spec.support.world"

  it("is read by the first call, which fails without it", function()
    local asked, model = 0, nil
    local client, service = world.new({}, { client_secret = function()
      asked = asked + 1
      return model.client_secret
    end })
    model = service
    world.add(service, 2)
    assert.equal(0, asked)
    assert.equal(2, #assert(client:list()))
    assert.equal(2, #assert(client:list()))
    assert.equal(1, asked)
    local errors = require "mde.base.errors"
    local other = world.client(service, client.engine, { client_secret = function()
      return nil, errors.new { code = "missing_credential", message = "no secret today" }
    end })
    local list, err = other:list()
    assert.is_nil(list)
    assert.same({ "missing_credential", "no secret today", "token" },
      { err.code, err.message, err.operation })
  end)

  it("is not needed while a token is stored", function()
    local memory = require "mde.store.memory".new()
    local clock = clocks.new()
    local client, service = world.new({ clock = clock }, {}, function() return memory end)
    client = world.client(service, client.engine,
      { client_secret = function() return service.client_secret end }, memory)
    assert(client:list())
    client = world.client(service, client.engine,
      { client_secret = function() error "not needed" end }, memory)
    assert(client:list())
  end)
end)

describe("a token's tenant", function()
  local world = require "spec.support.world"

  -- A client of `tenant` whose login service gives it another tenant's tokens.
  local function misled(tenant)
    local client, service = world.new({}, { tenant = tenant })
    local answer = service.answer
    function service:answer(request)
      request.path = request.path:gsub("^/[^/]+/oauth2/", "/" .. self.tenant .. "/oauth2/")
      return answer(self, request)
    end
    return client, service
  end

  it("must be the client's", function()
    local client, service = misled(OTHER)
    local list, err = client:list()
    assert.is_nil(list)
    assert.same({ "sign_in", "token" }, { err.code, err.operation })
    assert_has(err.message, OTHER, service.tenant)
    assert.equal(0, service.ledger:requests "list")
  end)

  it("is not compared with a domain name", function()
    local client, service = misled "contoso.com"
    assert(client:list())
    assert.equal(service.tenant, client.token.tenant_id)
  end)

  it("must be the tenant given with the token", function()
    local _, service = world.new()
    local token = service:token()
    local function read(tenant)
      return settings.read({ token = token, tenant = tenant }, function() end)
    end
    assert.equal(service.tenant, assert(read(service.tenant:upper())).tenant:lower())
    assert.equal("contoso.com", assert(read "contoso.com").tenant)
    local result, err = read(OTHER)
    assert.is_nil(result)
    assert.equal("sign_in", err.code)
    assert_has(err.message, OTHER, service.tenant)
    assert.is_falsy(err.message:find(token, 1, true))
  end)
end)
