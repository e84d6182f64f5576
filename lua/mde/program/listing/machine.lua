-- The shape of a list of machines: see mde.program.listing.

local colour = require "mde.program.terminal.colour"
local listing = require "mde.program.listing"

local shape = {
  none = "No machine matches.",
  keys = {
    "id", "computerDnsName", "firstSeen", "lastSeen", "osPlatform", "osArchitecture",
    "osProcessor", "version", "osBuild", "agentVersion", "onboardingStatus", "healthStatus",
    "riskScore", "exposureLevel", "deviceValue", "rbacGroupId", "rbacGroupName", "machineTags",
    "lastIpAddress", "lastExternalIpAddress", "aadDeviceId", "isAadJoined",
  },
  columns = {
    { title = "NAME", may_cut = true, least = 16 },
    { title = "HEALTH", may_cut = true, least = 8, colour = colour.of },
    { title = "RISK", may_cut = true, colour = colour.of },
    { title = "SEEN" },
    { title = "TAGS", may_cut = true, may_drop = true, may_be_empty = true },
    { title = "ID", may_cut = true, cut_first = true, least = 9, may_drop = true },
  },
}

function shape.row(machine)
  return { machine.computerDnsName or machine.id, machine.healthStatus or "-",
           machine.riskScore or "-",
           listing.age(machine:seen()), table.concat(machine.machineTags or {}, ", "), machine.id }
end

function shape.id(machine) return machine.id end

return shape
