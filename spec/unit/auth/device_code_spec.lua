-- Signing in with a device code.

local device_code = require "mde.auth.device_code"
local jwt = require "mde.auth.jwt"
local session = require "mde.auth.session"
local signing = require "spec.support.signing"

-- A credential that notes what it shows, and keeps what renews it.
local function device(here)
  local shown = {}
  local settings = here:with { sessions = here.store.sessions }
  function settings.show(started) shown.started = started end
  function settings.done(answer)
    shown.answer = answer
    session.keep(settings, answer)
  end
  return device_code.new(settings), shown, settings
end

local function form_of(request) return request.body:reveal() end

describe("signing in with a device code", function()
  it("shows the code, and polls at the given interval until it is entered", function()
    local here = signing.new { device_after = 12 }
    local credential, shown = device(here)
    local token, _, seconds = here:sign(credential)
    assert.is_true(here:is_taken(token))
    assert.equal("dana@contoso.com", jwt.claims(token).upn)
    assert.equal("dana@contoso.com", jwt.claims(shown.answer.id_token).preferred_username)
    assert.same({ "https://microsoft.com/devicelogin", 900, 15 },
      { shown.started.url, shown.started.lifetime, seconds })
    assert.is_truthy(shown.started.code:find "^%x+$")
    assert.equal(4, #here.requests)
    assert.is_truthy(here.requests[1].url:find "/oauth2/v2.0/devicecode$")
    assert.is_truthy(form_of(here.requests[1]):find("offline_access", 1, true))
    assert.is_truthy(here.requests[2].url:find "/oauth2/v2.0/token$")
  end)

  it("polls less often after slow_down", function()
    local here = signing.new { device_after = 12 }
    local credential = device(here)
    local read = credential.read
    local count = 0
    function credential.read(response)
      count = count + 1
      if count == 2 then
        return read { status = 400, headers = {}, body = '{"error":"slow_down"}' }
      end
      return read(response)
    end
    local token, _, seconds = here:sign(credential)
    assert.is_true(here:is_taken(token))
    assert.equal(15, seconds)  -- 5, and then 10
  end)

  it("reports other ends", function()
    for does, words in pairs { declined = { "authorization_declined", "was declined", 5 },
                               pending = { "expired_token", "not entered in time", 900 } } do
      local here = signing.new { device = does }
      local credential = device(here)
      local token, err, seconds = here:sign(credential)
      assert.is_nil(token)
      assert.equal("sign_in", err.code)
      assert.is_truthy(err.message:find(words[1], 1, true), err.message)
      assert.is_truthy(err.message:find(words[2], 1, true), err.message)
      assert.is_truthy(err.request_id)
      assert.equal(words[3], seconds)
      here.sign_in.device = "approved"
      assert(here:sign(credential))  -- anew, with another code
    end
    local here = signing.new { is_public = false }
    local _, err = here:sign((device(here)))
    assert.equal("AADSTS7000218", err.service_code)
  end)

  it("refuses an answer without a code", function()
    for _, body in ipairs { "", "[]", "{}", '{"device_code":"d","user_code":"u"}',
                            '{"device_code":"d","user_code":"u","verification_uri":"file:///x"}',
                            '{"device_code":7,"user_code":"u","verification_uri":"https://x"}' } do
      local credential = device(signing.new())
      credential.request()
      local got, err = credential.read { status = 200, headers = {}, body = body }
      assert.same({ nil, "bad_answer" }, { got, err.code })
    end
    local credential, shown = device(signing.new())
    local got = credential.read { status = 200, headers = {}, body = '{"device_code":"d",'
      .. '"user_code":"A\\u001b[31m","verification_uri":"https://x/\\n","interval":0}' }
    assert.equal(1, got.pause)
    assert.is_nil((shown.started.code .. shown.started.url):find "%c")
  end)

  it("continues after network failures", function()
    local here = signing.new({ device_after = 3 }, { unreachable = { nth = { 2, 3 } } })
    assert(here:sign((device(here))))
  end)

  it("shows neither codes nor tokens in errors", function()
    local here = signing.new { device_after = 12 }
    local credential, shown = device(here)
    local token = here:sign(credential)
    local secrets = { token, shown.started.device_code, shown.answer.refresh_token }
    assert.is_false(here.shows(here.requests, secrets))
    assert.is_false(here.shows(credential, secrets))
    assert.is_false(here.shows(here.store, secrets))
  end)
end)
