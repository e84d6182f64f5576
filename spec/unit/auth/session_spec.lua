-- Refresh tokens kept after `mde login`.

local core = require "mde.core"
local device_code = require "mde.auth.device_code"
local errors = require "mde.base.errors"
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

describe("a stored sign-in", function()
  local here, settings

  before_each(function()
    here = signing.new()
    local credential, _, given = device(here)
    assert(here:sign(credential))
    settings = given
    here.requests = {}
  end)

  local function kept() return here.store.sessions:get(session.name(settings)) end

  it("returns tokens, and replaces the refresh token each time", function()
    local credential, before = session.new(settings), kept()
    for _ = 1, 3 do
      local token = assert(here:sign(credential))
      assert.is_true(here:is_taken(token))
      assert.not_equal(before, kept())
      before = kept()
    end
    assert.equal(3, #here.requests)
    assert.is_false(here.shows(here.requests, { before:reveal() }))
  end)

  it("is kept if an answer has no new refresh token", function()
    local credential, before = session.new(settings), kept()
    credential.request()
    assert(credential.read { status = 200, headers = {},
                             body = '{"access_token":"a","expires_in":60}' })
    assert.equal(before, kept())
  end)

  it("uses the refresh token that another process has renewed meanwhile", function()
    local old = kept()
    assert(here:sign(session.new(settings)))
    local newer, reads = kept(), 0
    local sessions = here:with()
    for name, value in pairs(settings) do sessions[name] = value end
    sessions.sessions = {
      get = function()
        reads = reads + 1
        return reads == 1 and old or newer
      end,
      put = function() end,
    }
    assert(here:sign(session.new(sessions)))
  end)

  it("that has expired reports the error and what to do", function()
    here.clock.advance(91 * 86400)
    local token, err = here:sign(session.new(settings))
    assert.is_nil(token)
    assert.same({ "sign_in", "AADSTS700082" }, { err.code, err.service_code })
    assert.is_truthy(err.message:find("mde login", 1, true))
    assert.is_false(here.shows(err, { kept():reveal() }))
    here.store.sessions:put(session.name(settings), core.secret "0.nonsense")
    token, err = here:sign(session.new(settings))
    assert.is_nil(token)
    assert.is_truthy(err.message:find("no longer accepted", 1, true), err.message)
    assert.is_false(here.shows(err, { "nonsense" }))
  end)

  it("is missing if no user has signed in", function()
    here.store.sessions:forget(session.name(settings))
    local token, err = here:sign(session.new(settings))
    assert.is_nil(token)
    assert.equal("missing_credential", err.code)
    assert.is_true(errors.is(err))
    assert.equal(0, #here.requests)
  end)

  it("differs for another tenant, application or login service", function()
    local names = {}
    for _, changes in ipairs { {}, { tenant = "contoso.com" }, { client_id = "x" },
                               { authority = "https://login.microsoftonline.us" } } do
      names[session.name(here:with(changes))] = true
      names[session.identity(here:with(changes))] = true
    end
    local count = 0
    for _ in pairs(names) do count = count + 1 end
    assert.equal(8, count)
  end)
end)
