-- The model service's sign-in and quota: methods of spec/world/service.lua.

local json = require "spec.world.json"

local admission = {}

-- Sign-in

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

local function base64url(text)
  local parts = {}
  for i = 1, #text, 3 do
    local a, b, c = text:byte(i, i + 2)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    for j = 0, (b and 1 or 0) + (c and 1 or 0) + 1 do
      local index = bits >> (18 - 6 * j) & 63
      parts[#parts + 1] = ALPHABET:sub(index + 1, index + 1)
    end
  end
  return table.concat(parts)
end

local ROLES = { "Machine.ReadWrite.All", "Machine.Read.All", "Machine.Isolate", "Machine.Scan",
                "Machine.CollectForensics", "Machine.RestrictExecution", "Machine.Offboard",
                "Machine.StopAndQuarantine", "Machine.LiveResponse" }

function admission:sign_in()
  local now = math.floor(self.agenda.now)
  local claims = json.encode { tid = self.tenant, appid = self.application, roles = ROLES,
    aud = "https://api.securitycenter.microsoft.com", iat = now, exp = now + 3600 }
  local token = ("%s.%s.%s"):format(base64url '{"alg":"none"}', base64url(claims),
    self.random:hex(20))
  self.tokens[token] = now + 3600
  self.secrets[#self.secrets + 1] = token
  local lifetime = not self.no_lifetime and 3599 or nil
  return self.answer(200, { token_type = "Bearer", expires_in = lifetime, access_token = token })
end

-- Revokes all tokens.
function admission:revoke()
  self.tokens = {}
end

-- Quota

-- Counts a call. -> nil | seconds to wait
function admission:admit(bucket)
  local now = self.agenda.now
  local times = self.calls[bucket] or {}
  self.calls[bucket] = times
  for _, window in ipairs { { 60, self.limits.minute }, { 3600, self.limits.hour } } do
    local oldest = times[#times - window[2] + 1]
    if oldest and oldest > now - window[1] then return oldest + window[1] - now end
  end
  times[#times + 1] = now
end

-- Takes slots for a stranger. -> number taken
function admission:use(bucket, count)
  local taken = 0
  while taken < count and not self:admit(bucket) do taken = taken + 1 end
  return taken
end

function admission:too_many(wait)
  local seconds = math.max(1, math.ceil(wait))
  local refusal = self:refuse(429, "429", ("API calls quota exceeded! Maximum allowed %d per"
    .. " 00:01:00 for the key Destination+TenantID+AppID. You can send requests again in %d"
    .. " seconds."):format(self.limits.minute, seconds))
  if self.says_retry_after then refusal.headers["retry-after"] = ("%d"):format(seconds) end
  return refusal
end

return admission
