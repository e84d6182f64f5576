-- Converts actions and machines to the plain tables that policies get.

local form = require "mde.program.policy.form"
local tables = require "mde.base.tables"

local entity = {}

-- Known fields

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

-- Rates the similarity of two names by their common beginning and their lengths.
local function likeness(a, b)
  local same = 0
  while same < #a and a:byte(same + 1) == b:byte(same + 1) do same = same + 1 end
  return same - math.abs(#a - #b) / 2
end

-- Returns the field most similar to a name, or nil.
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

-- Turns an action into a plain table for the worker, with its age in seconds. Pass an action read
-- for this purpose, or a copy (entity.copy). -> the same table
function entity.action(action, age)
  setmetatable(action, nil).age = age
  return action
end

-- Turns a machine into a plain table, with short names of fields in addition to the service's.
-- Leaves out the addresses, which are its largest part.
function entity.machine(machine)
  setmetatable(machine, nil).ipAddresses = nil
  for word, key in next, form.machine_words do machine[word] = machine[key] end
  return machine
end

return entity
