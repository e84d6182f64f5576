-- Whatever the way to sign in: nothing that is shown has a secret in it.

local certificates = require "spec.support.certificates"
local core = require "mde.core"
local device_code = require "mde.auth.device_code"
local federated = require "mde.auth.federated_token"
local form = require "mde.simulator.form"
local managed_identity = require "mde.auth.managed_identity"
local secret = require "mde.auth.client_secret"
local session = require "mde.auth.session"
local signed = require "mde.auth.certificate"
local signing = require "spec.support.signing"

local IDENTITY = "0c1d2e3f-58d2-4b77-8f0e-b1a6c2d4e587"
local ASSERTION = "eyJhIjoxfQ.eyJleHAiOjk5OTk5OTk5OTk5fQ.c2lnbmF0dXJl"
local REFUSAL = { status = 400, error = "invalid_client", number = 50013, message = "Refused." }

local files = require "spec.support.folder".new()
before_each(files.make)
after_each(files.remove)
local put = files.put

local function identity(here, environment)
  return managed_identity.new(here:with { client_id = IDENTITY, key_folders = { files.path "" },
    getenv = function(name) return environment[name] end })
end

-- Each makes a credential, and may give a secret of its own.
local WAYS = {
  secret = function(here)
    return secret.new(here:with { client_secret = here.service.client_secret }),
           here.service.client_secret
  end,
  certificate = function(here)
    return signed.new(here:with { certificate = certificates.read "leaf.pem" })
  end,
  federated = function(here)
    return federated.new(here:with { token_file = put("token", ASSERTION) }), ASSERTION
  end,
  device = function(here)
    return device_code.new(here:with { show = function() end, done = function() end })
  end,
  session = function(here)
    local settings = here:with { sessions = here.store.sessions, show = function() end }
    function settings.done(answer) session.keep(settings, answer) end
    local always = here.sign_in.refusal
    here.sign_in.refusal = false
    assert(here:sign(device_code.new(settings)))
    here.sign_in.refusal = always
    return session.new(settings), here.store.sessions:get(session.name(settings)):reveal()
  end,
  vm = function(here) return identity(here, {}) end,
  app_service = function(here)
    return identity(here, { IDENTITY_ENDPOINT = "http://127.0.0.1:1/msi/token",
                            IDENTITY_HEADER = "853b9a84" }), "853b9a84"
  end,
}

-- The secrets among the fields that requests have sent.
local function sent(requests)
  local texts = {}
  for _, request in ipairs(requests) do
    local fields = request.body and form.decode(request.body:reveal()) or {}
    for _, name in ipairs { "client_secret", "client_assertion", "refresh_token", "device_code" } do
      texts[#texts + 1] = fields[name]
    end
  end
  return texts
end

describe("signing in", function()
  for name, make in pairs(WAYS) do
    local function new(refusal)
      return signing.new { certificate = certificates.read "leaf.pem", federated = { ASSERTION },
                           identity = IDENTITY, identity_header = refusal and "x" or "853b9a84",
                           refusal = refusal }
    end

    it("shows no secret when it succeeds: " .. name, function()
      local here = new(false)
      local credential, own = make(here)
      local token = assert(here:sign(credential))
      local texts = sent(here.requests)
      texts[#texts + 1], texts[#texts + 2] = token, own
      assert.is_false(here.shows({ here.requests, credential, here.store }, texts))
    end)

    it("shows no secret when it is refused: " .. name, function()
      local here = new(REFUSAL)
      local credential, own = make(here)
      if name == "vm" then here.sign_in.identity = "1c1d2e3f-58d2-4b77-8f0e-b1a6c2d4e587" end
      local token, err = here:sign(credential)
      assert.is_nil(token)
      local texts = sent(here.requests)
      texts[#texts + 1] = own
      assert.is_false(here.shows({ err, here.requests, credential }, texts))
    end)
  end

  it("stores only secret values", function()
    assert.equal("<secret>", tostring(core.secret "x"))
    local here = signing.new()
    WAYS.session(here)
    for _, kept in pairs(here.store.sessions.kept) do assert.equal("<secret>", tostring(kept)) end
  end)
end)
