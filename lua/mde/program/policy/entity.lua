-- Actions and machines as a policy sees them: plain tables with the service's own names, and
-- what a policy is told beside them.

local form = require "mde.program.policy.form"
local tables = require "mde.base.tables"

local entity = {}

-- {{ Fields that there are

local ACTION = {
  "id", "type", "title", "status", "requestor", "requestorComment", "machineId",
  "computerDnsName", "creationDateTimeUtc", "lastUpdateDateTimeUtc", "cancellationRequestor",
  "cancellationComment", "cancellationDateTimeUtc", "errorHResult", "scope", "externalId",
  "requestSource", "relatedFileInfo", "commands", "troubleshootInfo", "age", "is_open",
}
local MACHINE = {
  "id", "computerDnsName", "firstSeen", "lastSeen", "osPlatform", "osArchitecture",
  "osProcessor", "version", "osBuild", "osVersion", "agentVersion", "onboardingStatus",
  "healthStatus", "riskScore", "exposureLevel", "deviceValue", "rbacGroupId", "rbacGroupName",
  "machineTags", "lastIpAddress", "lastExternalIpAddress", "aadDeviceId", "isAadJoined",
  "vmMetadata", "managedBy", "managedByStatus", "isExcluded", "exclusionReason",
  "isPotentialDuplication", "mergedIntoMachineId", "defenderAvStatus", "age",
}

entity.fields = { action = tables.set(ACTION), machine = tables.set(MACHINE) }
for word in pairs(form.machine_words) do entity.fields.machine[word] = true end

-- How much two names are alike: by the letters that they begin with, and their length.
local function likeness(a, b)
  local same = 0
  while same < #a and a:byte(same + 1) == b:byte(same + 1) do same = same + 1 end
  return same - math.abs(#a - #b) / 2
end

-- The field that a name is most like, or nil.
function entity.near(kind, name)
  local wanted, found, most = name:lower():gsub("_", ""), nil, 2
  for field in pairs(entity.fields[kind]) do
    local score = likeness(wanted, field:lower())
    if score > most or score == most and found and field < found then
      found, most = field, score
    end
  end
  return found
end

-- }}

-- Makes an action that was read for this (or a copy) one that the
-- worker is given: a plain table with its age in seconds. -> the same table
function entity.action(action, age)
  setmetatable(action, nil).age = age
  return action
end

-- The same of a machine, with the field's short words beside the service's. Its addresses,
-- which are most of it, are left out.
function entity.machine(machine)
  setmetatable(machine, nil).ipAddresses = nil
  for word, key in next, form.machine_words do machine[word] = machine[key] end
  return machine
end

return entity
