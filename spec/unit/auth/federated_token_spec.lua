-- Signing in with a federated token file.

local by_file = require "mde.auth.federated_token"
local errors = require "mde.base.errors"
local form = require "mde.simulator.form"

local ID = "5f3b5a0e-0b9c-4a63-8d5e-0a1b2c3d4e5f"
local SCOPE = "https://api.securitycenter.microsoft.com/.default"
local URL = "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token"

local function settings(changes)
  local all = { authority = "https://login.microsoftonline.com", tenant = "contoso.com",
                client_id = ID, scope = SCOPE }
  for name, value in pairs(changes) do all[name] = value end
  return all
end

-- The form that a credential sends, which is never shown.
local function sent(credential)
  local request = assert(credential.request())
  assert.equal("POST", request.method)
  assert.equal(URL, request.url)
  assert.equal("<secret>", tostring(request.body))
  local fields = form.decode(request.body:reveal())
  assert.equal("client_credentials", fields.grant_type)
  assert.equal("urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    fields.client_assertion_type)
  assert.equal(ID, fields.client_id)
  assert.equal(SCOPE, fields.scope)
  assert.is_nil(fields.client_secret)
  return fields
end

describe("signing in with a federated token", function()
  local TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"
  local path

  local function write(content)
    local file = assert(io.open(path, "wb"))
    file:write(content)
    file:close()
  end

  local function credential(changes)
    local all = settings { token_file = path }
    for name, value in pairs(changes or {}) do all[name] = value end
    return by_file.new(all)
  end

  local function refused(what)
    local none, err = credential().request()
    assert.is_nil(none)
    assert.is_true(errors.is(err))
    assert.equal("missing_credential", err.code)
    assert.equal(("the federated token file %s %s"):format(path, what), err.message)
  end

  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  it("sends the current content of the file", function()
    local same = credential()
    for _, text in ipairs { TOKEN, TOKEN .. "x", "a.b.c-_" } do
      write(text)
      assert.equal(text, sent(same).client_assertion)
      write(" " .. text .. "\r\n\n")
      assert.equal(text, sent(same).client_assertion)
    end
  end)

  it("reports the file's error, and shows nothing of its content", function()
    for _, text in ipairs { "", "\n", "  \n" } do
      write(text)
      refused "is empty"
    end
    for _, text in ipairs { "hunter2", TOKEN .. "\n" .. TOKEN, TOKEN .. ".x", "a..b", "a.b.c=",
                            "a.b.\0c", '{"token":"a.b.c"}' } do
      write(text)
      refused "has no token: expected three parts of base64url, separated by dots"
    end
    os.remove(path)
    refused "cannot be read: No such file or directory"
    path = "/"
    refused "cannot be read: Is a directory"
    path = ""  -- nothing to remove
  end)

  it("continues once the file exists again", function()
    local same = credential()
    os.remove(path)
    assert.is_nil((same.request()))
    write(TOKEN)
    assert.equal(TOKEN, sent(same).client_assertion)
  end)

  it("stores the token under a name of the file and application", function()
    local identity = credential().identity
    assert.equal(identity, credential().identity)
    assert.not_equal(identity, credential({ token_file = path .. "x" }).identity)
    assert.not_equal(identity, credential({ client_id = "another" }).identity)
  end)
end)
