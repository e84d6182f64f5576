-- Simulated operations on machines; rows as in mde.simulator.actions.

local cjson = require "cjson"
local date = require "mde.base.date"
local form = require "mde.simulator.form"
local list = require "mde.simulator.list"
local reply = require "mde.simulator.reply"

local machines = {}

local READ = { "Machine.Read.All", "Machine.ReadWrite.All" }
local READ_SCOPES = { "Machine.Read", "Machine.ReadWrite" }
local WRITE, WRITE_SCOPES = { "Machine.ReadWrite.All" }, { "Machine.ReadWrite" }

local MINUTE, DAY = 60, 86400
local BATCH = 500  -- machines of one request
local ACTIONS = { Add = true, Remove = true }
local VALUES = { Normal = true, Low = true, High = true }

-- The documented properties for filters and orders.
machines.kind = { entity = "Machine", first = "lastSeen", fields = {
  lastSeen = { type = "date", read = function(machine) return machine.lastSeen end },
  rbacGroupId = { type = "number", read = function(machine) return machine.rbacGroupId end },
  machineTags = { type = "strings", read = function(machine) return machine.machineTags end },
} }
for name in ([[id computerDnsName version deviceValue aadDeviceId exposureLevel onboardingStatus
               lastIpAddress healthStatus osPlatform riskScore]]):gmatch "%S+" do
  machines.kind.fields[name] = { type = "string", read = function(machine)
    return machine[name] or nil
  end }
end

-- Finding

-- The machine with a full name, or else with a short name (before the first dot); of several, the
-- one seen last.
local function named(self, name)
  local newest
  for _, machine in ipairs(self.machines_by_name[name] or {}) do
    if not newest or machine.lastSeen > newest.lastSeen then newest = machine end
  end
  return newest
end

function machines.index(self, machine)
  self.machine_by_id[machine.id] = machine
  local name = (machine.computerDnsName or ""):lower()
  local short = name:match "^([^.]+)%."
  for _, key in ipairs { name, short } do
    local same = self.machines_by_name[key] or {}
    self.machines_by_name[key] = same
    same[#same + 1] = machine
  end
end

local function entity(self, machine)
  return reply.json(200, machine:json(nil, self.context .. "Machines/$entity"))
end

local function several(self, found)
  for i, machine in ipairs(found) do found[i] = machine:json() end
  return reply.json(200, ('{"@odata.context":%s,"value":[%s]}')
    :format(cjson.encode(self.context .. "Machines"), table.concat(found, ",")))
end

local function answer_list(self, request)
  local answer, count = list.answer(self, request, machines.kind, self.machines, self:now())
  if count == 0 and self.oddities.no_machines_as == 404 then
    self:refuse(404, "ResourceNotFound", "No recent machines were found")
  end
  return answer
end

local function answer_machine(self, _, name)
  return entity(self, self.machine_by_id[name] or named(self, name) or self:no_such_machine(name))
end

local function answer_tagged(self, request)
  local options = form.decode(request.path:match "%?(.*)$" or "")
  local tag, found = options.tag or "", {}
  if tag == "" then self:lacks "tag" end
  local has = (options.useStartsWithFilter or ""):lower() == "true" and "has_tag_like" or "has_tag"
  for _, machine in ipairs(self.machines) do
    if machine[has](machine, tag) then found[#found + 1] = machine end
  end
  return several(self, found)
end

local function is_address(text)
  return text:find "^%d+%.%d+%.%d+%.%d+$" ~= nil or text:find "^%x*:[%x:.]*:[%x:.]*$" ~= nil
end

local function answer_address(self, _, ip, text)
  local moment, now, found = date.parse(text), self:now(), {}
  if not is_address(ip) then
    self:refuse(400, "InvalidIpAddress", ("'%s' is not an IP address"):format(ip))
  elseif not moment then
    self:refuse(400, "InvalidInput", ("'%s' is not a timestamp"):format(text))
  elseif moment > now or moment < now - 30 * DAY then
    self:refuse(400, "InvalidInput", "The timestamp must be in the past 30 days")
  end
  for _, machine in ipairs(self.machines) do
    if machine:seen_with(ip, moment, 15 * MINUTE) then found[#found + 1] = machine end
  end
  return several(self, found)
end

-- Changing

-- A body with a tag and an action on it
local function tag_body(self, request)
  local body = self:body(request, { "Value", "Action" })
  if not ACTIONS[body.Action] then self:invalid("Action", body.Action) end
  return body
end

local function answer_tag(self, request, id)
  local body, machine = tag_body(self, request), self:machine(id)
  local changed = machine:tag(body.Value, body.Action)
  return entity(self, machine), changed
end

-- Changes no machine unless all are known.
local function answer_tag_machines(self, request)
  local body = tag_body(self, request)
  local ids, found, changed = body.MachineIds, {}, false
  if type(ids) ~= "table" or #ids == 0 then
    self:lacks "MachineIds"
  elseif #ids > BATCH then
    self:refuse(400, "MaximumBatchSizeExceeded",
      ("The maximum of %d machines is exceeded"):format(BATCH))
  end
  for i, id in ipairs(ids) do found[i] = self:machine(tostring(id):lower()) end
  for _, machine in ipairs(found) do
    if machine:tag(body.Value, body.Action) then changed = true end
  end
  return several(self, found), changed
end

local function answer_value(self, request, id)
  local body = self:body(request, { "DeviceValue" })
  if not VALUES[body.DeviceValue] then self:invalid("DeviceValue", body.DeviceValue) end
  local machine = self:machine(id)
  local changed = machine.deviceValue ~= body.DeviceValue
  machine.deviceValue = body.DeviceValue
  return entity(self, machine), changed
end

machines.rows = {
  { name = "machines", method = "GET", path = "^/machines/?$", roles = READ,
    scopes = READ_SCOPES, answer = answer_list },
  { name = "find_by_tag", method = "GET", path = "^/machines/findbytag$", roles = READ,
    scopes = READ_SCOPES, answer = answer_tagged },
  { name = "find_by_ip", method = "GET", roles = READ, scopes = READ_SCOPES,
    path = "^/machines/findbyip%(ip='([^']*)',%s*timestamp=([^)]*)%)$", answer = answer_address },
  { name = "machine", method = "GET", path = "^/machines/([^/]+)$", roles = READ,
    scopes = READ_SCOPES, answer = answer_machine },
  { name = "tag", method = "POST", path = "^/machines/([^/]+)/tags$", roles = WRITE,
    scopes = WRITE_SCOPES, answer = answer_tag },
  { name = "tag_machines", method = "POST", roles = WRITE, scopes = WRITE_SCOPES,
    path = "^/machines/addorremovetagformultiplemachines$", answer = answer_tag_machines },
  { name = "set_device_value", method = "POST", path = "^/machines/([^/]+)/setdevicevalue$",
    roles = WRITE, scopes = WRITE_SCOPES, answer = answer_value },
}

return machines
