-- A simulated machine: the agent's report, and the tags and value set by users.
--
-- Like the service's, it does not show isolation.

local date = require "mde.base.date"
local errors = require "mde.base.errors"
local json = require "mde.simulator.json"
local random_numbers = require "mde.simulator.random"
local tables = require "mde.base.tables"

local machine = {}

local Machine = {}
Machine.__index = Machine

-- JSON

local function texts(list)
  local items = {}
  for i, item in ipairs(list) do items[i] = json.value(item) end
  return json.array(items)
end

local function addresses(list)
  local items = {}
  for i, address in ipairs(list) do
    items[i] = json.object { "ipAddress", json.value(address.ipAddress),
      "macAddress", json.value(address.macAddress), "type", json.value(address.type),
      "operationalStatus", json.value(address.operationalStatus or "Up") }
  end
  return json.array(items)
end

local function stamp(seconds) return json.value(json.stamp(seconds)) end

local function boolean(value) return tostring(value == true) end

-- The keys in the service's order, each with the function that writes it.
local KEYS = {
  { "id", json.value }, { "computerDnsName", json.value }, { "firstSeen", stamp },
  { "lastSeen", stamp }, { "osPlatform", json.value }, { "osArchitecture", json.value },
  { "osProcessor", json.value }, { "version", json.value }, { "lastIpAddress", json.value },
  { "lastExternalIpAddress", json.value }, { "agentVersion", json.value },
  { "osBuild", json.value }, { "healthStatus", json.value }, { "deviceValue", json.value },
  { "rbacGroupId", json.value }, { "rbacGroupName", json.value }, { "riskScore", json.value },
  { "exposureLevel", json.value }, { "isAadJoined", boolean }, { "aadDeviceId", json.value },
  { "machineTags", texts }, { "onboardingStatus", json.value }, { "ipAddresses", addresses },
}

-- The entity as JSON; `context`, if given, is its @odata.context.
function Machine:json(_, context)
  local fields = {}
  for _, key in ipairs(KEYS) do
    fields[#fields + 1] = key[1]
    fields[#fields + 1] = key[2](self[key[1]])
  end
  return json.object(fields, context)
end

local DEFAULTS = {
  osPlatform = "Windows11", osArchitecture = "64-bit", osProcessor = "x64", version = "23H2",
  osBuild = 22631, agentVersion = "10.8760.22631.4317", healthStatus = "Active",
  deviceValue = "Normal", rbacGroupId = 140, rbacGroupName = "Workstations", riskScore = "None",
  exposureLevel = "Low", isAadJoined = true, onboardingStatus = "Onboarded",
  lastExternalIpAddress = "203.0.113.17",
}

local ALLOWED = { sightings = true }
for _, key in ipairs(KEYS) do ALLOWED[key[1]] = true end

-- `description` has the service's own keys (false: null), dates as seconds since
-- 1970, lastSeen required; `random` and defaults supply the rest. Also:
--   sightings   array of { at = seconds, ip = }: earlier addresses
function machine.new(description, random)
  errors.check_keys("machine", description, ALLOWED)
  local self = tables.merged(DEFAULTS, description)
  self.id = self.id or random_numbers.hex(random, 40)
  if self.computerDnsName == nil then
    self.computerDnsName = "desktop-" .. random_numbers.hex(random, 8)
  end
  self.lastSeen = date.parse(json.stamp(self.lastSeen))  -- filters use the date that is shown
  self.firstSeen = self.firstSeen or self.lastSeen - 200 * 86400
  self.lastIpAddress = self.lastIpAddress
    or ("10.%d.%d.%d"):format(random(250), random(250), random(250))
  if self.aadDeviceId == nil then self.aadDeviceId = random_numbers.guid(random) end
  self.ipAddresses = self.ipAddresses or { { ipAddress = self.lastIpAddress, type = "Ethernet",
    macAddress = random_numbers.hex(random, 12):upper() } }
  self.machineTags, self.sightings = {}, self.sightings or {}
  for i, tag in ipairs(description.machineTags or {}) do self.machineTags[i] = tag end
  return setmetatable(self, Machine)
end

-- The index of a tag | nil
function Machine:has_tag(tag) return tables.index(self.machineTags, tag) end

function Machine:has_tag_like(prefix)
  for _, tag in ipairs(self.machineTags) do
    if tag:sub(1, #prefix) == prefix then return true end
  end
  return false
end

-- Adds or removes a tag. -> true if that changed anything
function Machine:tag(tag, action)
  local position = self:has_tag(tag)
  if action == "Add" and not position then
    self.machineTags[#self.machineTags + 1] = tag
  elseif action == "Remove" and position then
    table.remove(self.machineTags, position)
  else
    return false
  end
  return true
end

-- Reports if it had an address within `within` seconds of a moment.
function Machine:seen_with(ip, moment, within)
  if math.abs(self.lastSeen - moment) <= within then
    if self.lastIpAddress == ip then return true end
    for _, address in ipairs(self.ipAddresses) do
      if address.ipAddress == ip then return true end
    end
  end
  for _, sighting in ipairs(self.sightings) do
    if sighting.ip == ip and math.abs(sighting.at - moment) <= within then return true end
  end
  return false
end

return machine
