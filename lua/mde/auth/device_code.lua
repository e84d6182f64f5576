-- Signs in as a user, who enters a code in a browser on any device.
--
-- The browser also asks for the other factors that the tenant requires. Source: "Microsoft
-- identity platform and the OAuth 2.0 device authorization grant flow"; RFC 8628.

local json = require "mde.service.json"
local errors = require "mde.base.errors"
local grant = require "mde.auth.grant"
local session = require "mde.auth.session"

local device_code = {}

local GRANT = "urn:ietf:params:oauth:grant-type:device_code"

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

-- Reads the answer to the first request.
-- -> { device_code, code, url, interval, lifetime } | nil, err
local function read_start(response)
  if response.status ~= 200 then return grant.refusal(response) end
  local answer = json.decode(response.body) or {}
  local started = {
    device_code = text(answer.device_code), code = text(answer.user_code),
    url = text(answer.verification_uri), interval = tonumber(answer.interval) or 5,
    lifetime = tonumber(answer.expires_in) or 900,
  }
  if started.device_code and started.code and started.url and started.url:find "^https?://" then
    started.url, started.code = errors.line(started.url, 200), errors.line(started.code, 40)
    started.interval = math.max(1, started.interval)
    return started
  end
  return nil, errors.new { code = "bad_answer", status = response.status,
                           message = "the login service's answer has no code to enter" }
end

-- `settings`: authority, tenant, client_id, scope, clock; show(started) asks the user to enter
-- started.code at started.url within started.lifetime seconds; done(answer) is called with the
-- decoded answer after that. -> credential
function device_code.new(settings)
  local started, ends_at
  local credential = { identity = session.identity(settings) }

  local function form(fields)
    table.insert(fields, 1, { "client_id", settings.client_id })
    return fields
  end

  function credential.request()
    if not started then
      return grant.post(grant.address(settings, "devicecode"),
        form { { "scope", session.scope(settings) } })
    end
    return grant.post(grant.address(settings, "token"),
      form { { "grant_type", GRANT }, { "device_code", started.device_code } })
  end

  local function begin(response)
    local err
    started, err = read_start(response)
    if not started then return nil, err end
    ends_at = settings.clock.monotonic() + started.lifetime
    settings.show(started)
    return { pause = started.interval }
  end

  -- Reports if the user may still enter the code. Polls less often if the answer is "slow_down".
  local function is_pending(word)
    if word == "slow_down" then started.interval = started.interval + 5 end
    return (word == "slow_down" or word == "authorization_pending")
           and settings.clock.monotonic() < ends_at + started.interval
  end

  function credential.read(response)
    if not started then return begin(response) end
    if response.status == 200 then
      local got, detail = grant.token(response)
      started = nil
      if not got then return nil, detail end
      settings.done(detail)
      return got
    end
    local _, err, word = grant.refusal(response)
    if is_pending(word) then return { pause = started.interval } end
    started = nil
    return nil, err
  end

  return credential
end

return device_code
