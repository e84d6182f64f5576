-- The managed identity of a virtual machine in Azure, from its metadata service.
--
-- Source: "How to use managed identities for Azure resources on an Azure VM to acquire an access
-- token".

local endpoint = require "mde.auth.managed_identity.endpoint"

local vm = {}

local METADATA = "http://169.254.169.254"
local MOST_ROUNDS = 5  -- attempts while a new identity is not yet known
local GONE_FOR = 70    -- seconds that the service may be absent during its update

-- Seconds to wait after `round` rounds | nil if another attempt would not help
local function pause_of(response, round, waited)
  local pause = 2 ^ (round - 1)
  if response.status == 404 then
    return round < MOST_ROUNDS and endpoint.is_json(response) and pause or nil
  end
  if response.status == 410 and waited < GONE_FOR then return math.min(pause, GONE_FOR - waited) end
end

-- `settings`: resource, clock, client_id (nil: the machine's own identity), base (nil: the usual
-- address), is_probe (if true, the absence of a service is recognized within a second).
-- -> credential
function vm.new(settings)
  local round, waited = 0, 0
  local credential = {}

  function credential.request()
    return endpoint.get((settings.base or METADATA) .. "/metadata/identity/oauth2/token",
      { { "api-version", "2018-02-01" }, { "resource", settings.resource },
        { "client_id", settings.client_id } },
      { metadata = "true" }, settings.is_probe and 1 or nil)
  end

  -- Numbers in the service's answers are text.
  function credential.read(response)
    round = round + 1
    local pause = pause_of(response, round, waited)
    if pause then
      waited = waited + pause
      return { pause = pause }
    end
    round, waited = 0, 0
    local status = response.status
    if status < 500 and status ~= 429 and status ~= 410 and not endpoint.is_json(response) then
      return endpoint.absent(("this machine's metadata service is not Azure's (HTTP %d)")
        :format(status))
    end
    return endpoint.read(response, settings.clock)
  end

  -- Outside Azure nothing answers.
  function credential.failed()
    if not settings.is_probe then return end
    return endpoint.absent "this machine has no metadata service"
  end

  return credential
end

return vm
