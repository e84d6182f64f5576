-- Simulates sign-in of users at Entra: device codes and refresh tokens.
--
-- Each refresh token is accepted once. `self` is mde.simulator.authority. Source: "Microsoft
-- identity platform and the OAuth 2.0 device authorization grant flow".

local key = require "mde.simulator.key"
local random_numbers = require "mde.simulator.random"

local device = {}

-- Checks that a form has a field and users may sign in.
local function check(self, fields, name)
  self:require(fields, name)
  if self.sign_in.is_public then return end
  self:refuse(401, "invalid_client", 7000218, "The request body must contain the following"
    .. " parameter: 'client_assertion' or 'client_secret'.")
end

-- Delegated permissions, which lack the ".All" of an application's. -> the scopes in the user's
-- token, the permissions that the service accepts it for (by either name)
local function permissions(roles)
  local said, held = {}, {}
  for i, role in ipairs(roles) do
    said[i], held[#held + 1] = role:gsub("%.All$", ""), role
    if said[i] ~= role then held[#held + 1] = said[i] end
  end
  return table.concat(said, " "), held
end

-- The answer with tokens for the user.
local function grant(self, resource)
  local options, user = self.options, self.sign_in.user
  local refresh = "0." .. random_numbers.hex(options.random, 120)
  self.refresh_tokens[refresh] = { resource = resource,
                                   ends = options.now() + self.sign_in.refresh_lifetime }
  local said, held = permissions(options.roles)
  local token = self:issue(held, true, { aud = resource, upn = user, scp = said })
  local now = math.floor(options.now())
  return self:grant(token, {
    refresh_token = refresh, scope = resource .. "/.default",
    id_token = key.sign { aud = options.client_id, tid = options.tenant, iat = now,
      exp = now + 3600, preferred_username = user, name = user:match "^[^@]*", ver = "2.0" },
  })
end

-- Answers POST /{tenant}/oauth2/v2.0/devicecode.
function device.start(self, fields)
  check(self, fields, "scope")
  local resource = self:resource(fields.scope)
  local options, sign_in = self.options, self.sign_in
  local code = "D" .. random_numbers.hex(options.random, 80)
  local user_code = random_numbers.hex(options.random, 9):upper()
  local now = options.now()
  self.codes[code] = { resource = resource, ends = now + sign_in.device_lifetime,
                       decided = now + sign_in.device_after, asked = now,
                       interval = sign_in.device_interval }
  return self:json(200, {
    device_code = code, user_code = user_code, interval = sign_in.device_interval,
    verification_uri = "https://microsoft.com/devicelogin", expires_in = sign_in.device_lifetime,
    message = "To sign in, use a web browser to open the page https://microsoft.com/devicelogin"
      .. " and enter the code " .. user_code .. " to authenticate.",
  })
end

-- Reports if a poll comes too early; it makes the interval longer (RFC 8628, 3.5).
local function is_hasty(code, now)
  local hasty = now - code.asked < code.interval - 0.01
  if hasty then code.interval = code.interval + 5 end
  code.asked = now
  return hasty
end

-- Answers a poll for the user's code.
function device.poll(self, fields)
  local now, does = self.options.now(), self.sign_in.device
  local code = self.codes[fields.device_code or ""]
  if not code then
    self:refuse(400, "bad_verification_code", 70018, "Invalid verification code.")
  elseif now >= code.ends then
    self:refuse(400, "expired_token", 70020, "The provided value for the input parameter"
      .. " 'device_code' is not valid. This device code has expired.")
  elseif is_hasty(code, now) then
    return self:json(400, { error = "slow_down" })
  elseif does == "pending" or now < code.decided then
    self:refuse(400, "authorization_pending", 70016, "OAuth 2.0 device flow error."
      .. " Authorization is pending. Continue polling.")
  end
  self.codes[fields.device_code] = nil
  if does == "approved" then return grant(self, code.resource) end
  self:refuse(400, "authorization_declined", 70017, "The end user declined.")
end

-- Answers with a new token for a refresh token, which becomes invalid.
function device.refresh(self, fields)
  check(self, fields, "refresh_token")
  local kept = self.refresh_tokens[fields.refresh_token]
  if not kept then
    self:refuse(400, "invalid_grant", 70000, "Provided grant is invalid or malformed.")
  elseif self.options.now() >= kept.ends then
    self:refuse(400, "invalid_grant", 700082, "The refresh token has expired due to"
      .. " inactivity.")
  end
  self.refresh_tokens[fields.refresh_token] = nil
  return grant(self, kept.resource)
end

return device
