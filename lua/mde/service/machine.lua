-- Machines: the entity, its known values, and checks of machine ids.
--
-- A machine is a plain table with the service's own key names, as in mde.service.entity. Its
-- metatable adds the methods `machine:tagged(tag)` and `machine:seen()`.

local date = require "mde.base.date"
local entity = require "mde.service.entity"
local errors = require "mde.base.errors"

local machine = {}

machine.health = { "Active", "Inactive", "ImpairedCommunication", "NoSensorData",
                   "NoSensorDataImpairedCommunication", "Unknown" }
machine.risks = { "None", "Informational", "Low", "Medium", "High" }
machine.exposures = { "None", "Low", "Medium", "High" }
machine.values = { "Low", "Normal", "High" }
machine.onboarding = { "Onboarded", "CanBeOnboarded", "Unsupported", "InsufficientInfo" }

-- A machine's id in lower case: 40 hexadecimal digits, or 32 in old ids; nil for anything else,
-- such as a name.
function machine.id(value)
  if type(value) ~= "string" or not value:find "^%x+$" then return nil end
  return (#value == 40 or #value == 32) and value:lower() or nil
end

-- The id of a target that is a machine or a machine's id. -> id | nil, err
local function id_of(target)
  local value = type(target) == "table" and target.id or target
  local id = machine.id(value)
  if id then return id end
  return errors.invalid("'%s' is not a machine's id of 40 hexadecimal digits",
    errors.line(tostring(value), 60))
end

-- The ids of one target or of an array of targets, without duplicates. -> array | nil, err
function machine.ids(targets)
  if type(targets) ~= "table" or targets.id ~= nil then
    local id, err = id_of(targets)
    return id and { id }, err
  end
  if not errors.is_array(targets) then
    return errors.invalid "machines must be an array without holes"
  end
  local ids, seen = {}, {}
  for _, target in ipairs(targets) do
    local id, err = id_of(target)
    if not id then return nil, err end
    if not seen[id] then ids[#ids + 1], seen[id] = id, true end
  end
  return ids
end

-- A machine, with the service's own keys; null values are absent.
---@class mde.machine
---@field id string 40 hexadecimal digits
---@field computerDnsName? string
---@field firstSeen? string
---@field lastSeen? string its last full report, about once a day
---@field osPlatform? string
---@field osArchitecture? string
---@field osProcessor? string
---@field osVersion? string
---@field osBuild? integer
---@field version? string
---@field agentVersion? string
---@field healthStatus? string
---@field riskScore? string
---@field exposureLevel? string
---@field deviceValue? string
---@field onboardingStatus? string
---@field rbacGroupId? integer
---@field rbacGroupName? string its device group
---@field machineTags? string[]
---@field lastIpAddress? string
---@field lastExternalIpAddress? string
---@field ipAddresses? table[] not visible to policies
---@field aadDeviceId? string
---@field isAadJoined? boolean
---@field vmMetadata? table
---@field managedBy? string
---@field managedByStatus? string
---@field isExcluded? boolean
---@field exclusionReason? string
---@field isPotentialDuplication? boolean
---@field mergedIntoMachineId? string
---@field defenderAvStatus? string

-- Makes a function `table -> machine`. `clock` is the time from which `seen` counts.
function machine.reader(clock)
  local Machine = {}

  --- Reports if the machine has a tag, ignoring case.
  ---@param tag string
  ---@return boolean
  function Machine:tagged(tag)
    local lower = tag:lower()
    for _, held in ipairs(self.machineTags or {}) do
      if held:lower() == lower then return true end
    end
    return false
  end

  --- Seconds since the machine's last full report.
  ---@return number? seconds nil if the service does not say
  function Machine:seen()
    local last = date.parse(self.lastSeen)
    return last and clock.wall() - last
  end

  local metatable = { __index = Machine, __name = "mde.machine" }

  -- One line: name, health, id.
  function metatable:__tostring()
    return ("%s %s %s"):format(self.computerDnsName or "-", self.healthStatus or "?", self.id)
  end

  return function(fields)
    entity.respell(fields, "onboardingstatus", "onboardingStatus")
    return setmetatable(fields, metatable)
  end
end

return machine
