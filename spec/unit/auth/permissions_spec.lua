-- Tests the permissions that a token shows, and the error of a refusal.

local errors = require "mde.base.errors"
local world = require "spec.support.world"

describe("the permissions of a token", function()
  it("are its roles", function()
    local client, service = world.new { roles = { "Machine.Scan", "Machine.Read.All" } }
    assert.same({ "Machine.Read.All", "Machine.Scan" }, client:permissions())
    assert.is_true(client:may "cancel")
    assert.is_true(client:may "list")
    assert.is_false(client:may "isolate")
    local claims, lifetime = client:sign_in()
    assert.equal(service.tenant, claims.tid)
    assert.is_true(lifetime > 3590 and lifetime <= 3600)
    assert.equal(1, service:requests())
  end)

  it("are the scopes of a user's token", function()
    local _, service, _, engine = world.new()
    local token = service:token({ "Machine.Read", "Machine.Isolate" }, true)
    local client = world.client(service, engine, { token = token, tenant = false,
                                                   client_id = false, client_secret = false })
    assert.same({ "Machine.Isolate", "Machine.Read" }, client:permissions())
    assert.is_true(client:may "list")
    assert.is_false(client:may "scan")
  end)

  it("are not known if the token shows none", function()
    local _, service, _, engine = world.new()
    local client = world.client(service, engine, { token = "opaque", tenant = false,
                                                   client_id = false, client_secret = false })
    assert.is_nil(client:permissions())
    assert.is_nil(client:may "cancel")
    assert.same({}, client:sign_in())
  end)

  it("raise at the caller for an unknown operation", function()
    local client = world.new()
    local ok, message = pcall(function() client:may "cansel" end)
    assert.is_false(ok)
    assert.matches("permissions_spec.lua:%d+: may: unknown operation 'cansel'", message)
  end)

  it("are not waited for after the client is closed", function()
    local client = world.new()
    client.host = { wait = function() client:close() end }
    local claims, err = client:sign_in()
    assert.is_nil(claims)
    assert.equal("interrupted", err.code)
  end)

  it("are not known if sign-in fails", function()
    local client = world.new({}, { client_secret = "wrong" })
    for _, method in ipairs { "sign_in", "permissions", "may" } do
      local value, err = client[method](client, "cancel")
      assert.is_nil(value)
      assert.equal("sign_in", err.code)
    end
  end)

  it("are in the error of a refusal, with those that would suffice", function()
    local client, service = world.new { roles = { "Machine.Read.All" } }
    local _, err = client:cancel(service:add {}, { comment = "x" })
    assert.same({ "Machine.Read.All" }, err.held)
    assert.matches("any of these suffices: Machine.CollectForensics, .*Machine.LiveResponse;"
      .. " the token has Machine.Read.All %(HTTP 403", tostring(err))
    local nobody = world.new { roles = {} }
    _, err = nobody:cancel(service:add {}, { comment = "x" })
    assert.is_nil(err.held)
  end)

  it("come with doubts if the token has one that should suffice", function()
    local function refused(role, method, ...)
      local client, service = world.new { roles = { role } }
      local answer = service.answer
      function service:answer(request)
        if request.path:find "/token" then return answer(self, request) end
        return { status = 403, headers = {}, delay = 0,
                 body = '{"error":{"code":"Forbidden","message":"no"}}' }
      end
      local _, err = client[method](client, ...)
      return tostring(err)
    end
    local page = "; Microsoft's page of this call now names Machine.ReadWrite.All or"
      .. " Machine.ReadWrite"
    local function has(text, part) assert.truthy(text:find(part .. " (", 1, true), text) end
    has(refused("Machine.Read.All", "list"),
      "; the token has Machine.Read.All, which should suffice" .. page)
    has(refused("Machine.ReadWrite.All", "list"),
      "; the token has Machine.ReadWrite.All, which should suffice")
    has(refused("Machine.Read.All", "list_machines"), "which should suffice")
    has(refused("Machine.Isolate", "cancel", ("0"):rep(8) .. "-0000-4000-8000-000000000001",
      { comment = "x" }), "which should suffice")
    local err = errors.new { code = "forbidden", message = "no", permissions = { "Machine.Scan" },
                             held = { "Machine.Scan" }, audience = "https://graph.microsoft.com",
                             status = 403 }
    has(tostring(err), "which should suffice; the token is for https://graph.microsoft.com: some"
      .. " calls require one for https://api.securitycenter.microsoft.com")
  end)

  it("are not in the error of a proxy's page", function()
    local client, service = world.new {}
    local answer = service.answer
    function service:answer(request)
      if request.path:find "/token" then return answer(self, request) end
      return { status = 403, headers = {}, delay = 0, body = "<title>Access Denied</title>" }
    end
    local _, err = client:list()
    assert.equal("a proxy or gateway answered in place of the service: a page 'Access Denied'"
      .. " (HTTP 403)", tostring(err))
  end)
end)
