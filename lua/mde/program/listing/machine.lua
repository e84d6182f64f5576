-- The shape of a list of machines: see mde.program.listing.

local listing = require "mde.program.listing"

local HEALTH = { Active = "32", Inactive = "33", NoSensorData = "33" }
local RISK = { High = "31", Medium = "33" }

local shape = {
  none = "No machine matches.",
  keys = {
    "id", "computerDnsName", "firstSeen", "lastSeen", "osPlatform", "osArchitecture",
    "osProcessor", "version", "osBuild", "agentVersion", "onboardingStatus", "healthStatus",
    "riskScore", "exposureLevel", "deviceValue", "rbacGroupId", "rbacGroupName", "machineTags",
    "lastIpAddress", "lastExternalIpAddress", "aadDeviceId", "isAadJoined",
  },
  columns = {
    { title = "NAME", may_cut = true, least = 24 },
    { title = "HEALTH", may_cut = true, may_drop = true,
      colour = function(health) return HEALTH[health] end },
    { title = "RISK", may_cut = true, may_drop = true,
      colour = function(risk) return RISK[risk] end },
    { title = "LAST SEEN" },
    { title = "TAGS", may_cut = true, may_drop = true },
    { title = "ID" },
  },
}

function shape.row(machine)
  return { machine.computerDnsName or "-", machine.healthStatus or "-", machine.riskScore or "-",
           listing.age(machine:seen()), table.concat(machine.machineTags or {}, ", "), machine.id }
end

function shape.id(machine) return machine.id end

return shape
