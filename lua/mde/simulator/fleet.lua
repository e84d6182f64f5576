-- Makes the machines of a realistic tenant, the same for the same seed.
--
-- They are laptops, workstations and servers of six sites, with groups, tags and states of
-- health. Two names are ambiguous: one is in two domains, one has two records.

local random_numbers = require "mde.simulator.random"
local tables = require "mde.base.tables"

local fleet = {}

local HOUR, DAY = 3600, 86400

local SITES = { "ber", "lon", "nyc", "sgp", "par", "syd" }
local KINDS = { "lt", "lt", "lt", "ws", "ws", "srv" }

local WINDOWS = { osPlatform = "Windows11", version = "23H2", osBuild = 22631 }
local SYSTEMS = {
  srv = { { osPlatform = "WindowsServer2022", version = "21H2", osBuild = 20348 },
          { osPlatform = "WindowsServer2019", version = "1809", osBuild = 17763 },
          { osPlatform = "Linux", version = "22.4", osBuild = 0 } },
  ws = { WINDOWS, { osPlatform = "Windows10", version = "22H2", osBuild = 19045 } },
  lt = { WINDOWS, WINDOWS, { osPlatform = "Windows10", version = "22H2", osBuild = 19045 },
         { osPlatform = "macOS", version = "14.5", osBuild = 23 } },
}
local GROUPS = { srv = { 150, "Servers" }, ws = { 140, "Workstations" }, lt = { 145, "Laptops" } }
local HEALTH = { "Active", "Active", "Active", "Active", "Active", "Active", "Active",
                 "ImpairedCommunication", "NoSensorData", "Inactive" }
local RISKS = { "None", "None", "None", "Informational", "Low", "Low", "Medium", "High" }
local EXPOSURES = { "Low", "Low", "Medium", "High" }

local function pick(random, list)
  return list[random(#list)]
end

-- `count` machines { machine_id, dns_name }, each with its own name.
function fleet.names(random, count)
  local machines = {}
  for i = 1, count do
    machines[i] = {
      machine_id = random_numbers.hex(random, 40),
      dns_name = ("%s-%s-%04d.corp.contoso.com")
        :format(pick(random, SITES), pick(random, KINDS), 1000 + i * 7 + random(6)),
    }
  end
  return machines
end

-- Sets a machine's tags and value.
local function noted(random, record, site, kind)
  record.machineTags = { "site-" .. site }
  local special = kind == "srv" and random() < 0.15 and "crown-jewel"
    or kind == "lt" and random() < 0.04 and "VIP"
  if special then
    table.insert(record.machineTags, special)
    record.deviceValue = "High"
  elseif random() < 0.05 then
    record.deviceValue = "Low"
  end
  if special == "VIP" then record.rbacGroupId, record.rbacGroupName = 160, "Executives" end
end

-- The record of a machine (see mde.simulator.machine) as of `now`.
local function record_of(machine, random, now)
  local site, kind = machine.dns_name:match "^(%l+)%-(%l+)"
  local health = pick(random, HEALTH)
  local record = {
    id = machine.machine_id, computerDnsName = machine.dns_name, healthStatus = health,
    riskScore = pick(random, RISKS), exposureLevel = pick(random, EXPOSURES),
    rbacGroupId = GROUPS[kind][1], rbacGroupName = GROUPS[kind][2],
    aadDeviceId = random_numbers.guid(random),
    lastSeen = now - (health == "Active" and random() * 20 * HOUR or (8 + random() * 20) * DAY),
    firstSeen = now - (60 + random() * 600) * DAY,
    lastIpAddress = ("10.%d.%d.%d"):format(random(60), random(250), random(250)),
  }
  record = tables.merged(record, pick(random, SYSTEMS[kind]))
  noted(random, record, site, kind)
  return record
end

-- Records for machines. The first has the short name of a machine in another domain. The second
-- was reinstalled, and its old record has the same name.
function fleet.records(machines, random, now)
  local records = {}
  for i, machine in ipairs(machines) do records[i] = record_of(machine, random, now) end
  local first, second = records[1], records[2]
  records[#records + 1] = tables.merged(first, { id = random_numbers.hex(random, 40),
    computerDnsName = first.computerDnsName:gsub("%.corp%.", ".emea."),
    lastIpAddress = "10.61.4.7", machineTags = { "emea" } })
  records[#records + 1] = tables.merged(second, { id = random_numbers.hex(random, 40),
    healthStatus = "Inactive", lastSeen = now - 41 * DAY, aadDeviceId = false })
  second.healthStatus, second.lastSeen = "Active", now - 2 * HOUR
  return records
end

return fleet
