-- Lists the risks of isolating or releasing a machine, as its record shows them.
--
-- Source: "Take response actions on a device" (respond-machine-alerts.md, as of 2026).

local duration = require "mde.base.duration"

local HOUR = 3600

local function is_server(machine)
  return (machine.osPlatform or ""):find "Server" ~= nil
end

-- One row per risk: its code, text, and function(machine, seconds since it was seen) -> true if it
-- applies.
local RISKS = {
  { code = "server", text = "It is a server: an isolation stops what it serves.",
    applies = is_server },
  { code = "offline",
    text = "It was not seen for %s: actions wait until it is back. An isolation is retried for 3"
      .. " days, a live response waits for 2h.",
    applies = function(_, unseen) return unseen ~= nil and unseen > 2 * HOUR end },
  { code = "hyper_v",
    text = "If it is a Hyper-V host, an isolation also cuts off its virtual machines.",
    applies = is_server },
  { code = "iptables",
    text = "Linux: an isolation uses iptables. A change of iptables ends it, which no action"
      .. " shows.",
    applies = function(machine) return (machine.osPlatform or ""):find "Linux" ~= nil end },
}

local risks = {}

-- -> array of { code, text }
function risks.of(machine)
  local unseen, list = machine:seen(), {}
  for _, risk in ipairs(RISKS) do
    if risk.applies(machine, unseen) then
      list[#list + 1] = { code = risk.code,
                          text = risk.text:format(unseen and duration.text(unseen)) }
    end
  end
  return list
end

return risks
