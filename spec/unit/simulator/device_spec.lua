-- Device codes of the simulated sign-in.

local form = require "mde.base.url".form
local sim = require "spec.support.sim"

local SCOPE = "https://api.securitycenter.microsoft.com/.default"
local GRANT = "urn:ietf:params:oauth:grant-type:device_code"

-- -> a function that posts fields to an endpoint of the tenant, the clock
local function new(sign_in)
  local asker, service, clock = sim.new { sign_in = sign_in }
  return function(endpoint, fields)
    local list = { { "client_id", service.client_id } }
    for name, value in pairs(fields) do list[#list + 1] = { name, value } end
    return asker:ask("POST", "/" .. service.tenant .. "/oauth2/v2.0/" .. endpoint,
      { ["content-type"] = "application/x-www-form-urlencoded" }, form(list))
  end, clock
end

describe("a device code", function()
  it("gives tokens once the user has entered it, and only once", function()
    local post, clock = new { device_after = 12, device_interval = 5 }
    local status, started = post("devicecode", { scope = SCOPE })
    assert.equal(200, status)
    local poll = { grant_type = GRANT, device_code = started.device_code }
    clock.advance(6)
    assert.equal("authorization_pending", select(2, post("token", poll)).error)
    clock.advance(7)
    local answer
    status, answer = post("token", poll)
    assert.equal(200, status)
    assert.is_string(answer.refresh_token)
    clock.advance(6)
    assert.equal("bad_verification_code", select(2, post("token", poll)).error)
  end)

  it("lengthens the interval after an early poll", function()
    local post, clock = new { device_after = 60, device_interval = 5 }
    local _, started = post("devicecode", { scope = SCOPE })
    local poll = { grant_type = GRANT, device_code = started.device_code }
    clock.advance(1)
    assert.equal("slow_down", select(2, post("token", poll)).error)
    clock.advance(6)
    assert.equal("slow_down", select(2, post("token", poll)).error)
  end)

  it("expires", function()
    local post, clock = new { device_after = 2000, device_lifetime = 900 }
    local _, started = post("devicecode", { scope = SCOPE })
    clock.advance(900)
    local poll = { grant_type = GRANT, device_code = started.device_code }
    assert.equal("expired_token", select(2, post("token", poll)).error)
  end)
end)

describe("a refresh token", function()
  it("is accepted once", function()
    local post, clock = new { device_after = 0 }
    local _, started = post("devicecode", { scope = SCOPE })
    clock.advance(6)
    local _, first = post("token", { grant_type = GRANT, device_code = started.device_code })
    local refresh = { grant_type = "refresh_token", refresh_token = first.refresh_token,
                      scope = SCOPE }
    assert.equal(200, (post("token", refresh)))
    assert.same({ 400, "invalid_grant" }, (function(status, body)
      return { status, body.error }
    end)(post("token", refresh)))
  end)
end)
