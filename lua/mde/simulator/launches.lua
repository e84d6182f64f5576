-- Simulated operations that launch actions; rows as in mde.simulator.actions.

local reply = require "mde.simulator.reply"
local tables = require "mde.base.tables"

local launches = {}

local SESSIONS = 25  -- live responses at once

-- Checks of requests. Each returns fields of the action (see mde.simulator.action).

local function one_of(service, body, key, allowed)
  local value = body[key]
  if not tables.index(allowed, value) then service:invalid(key, value) end
  return value
end

local function require_windows(service, machine)
  if not machine.osPlatform:find "^Windows" then service:unsupported(machine) end
end

-- The default is Full. Only Windows supports Selective.
local function isolation(service, body, machine)
  if body.IsolationType == nil then return { scope = "Full" } end
  local kind = one_of(service, body, "IsolationType", { "Full", "Selective", "UnManagedDevice" })
  if kind == "Selective" then require_windows(service, machine) end
  return { scope = kind }
end

local function scan(service, body)
  return { scope = one_of(service, body, "ScanType", { "Quick", "Full" }) }
end

local function offboarding(service, _, machine)
  require_windows(service, machine)
  return {}
end

local function file(service, body)
  local digest = body.Sha1
  if #digest ~= 40 or digest:find "%X" then
    service:refuse(400, "InvalidHashValue", ("'%s' is not a SHA-1"):format(digest))
  end
  return { related_file = { fileIdentifier = digest:lower(), fileIdentifierType = "Sha1" } }
end

local PARAMETER = { PutFile = "FileName", RunScript = "ScriptName", GetFile = "Path" }

-- Reports if a command { type, params = { { key, value }, … } } has the parameter of its type.
local function is_command(command)
  if type(command) ~= "table" or not PARAMETER[command.type]
     or type(command.params) ~= "table" then
    return false
  end
  local found = false
  for _, param in ipairs(command.params) do
    if type(param) ~= "table" or type(param.key) ~= "string" or type(param.value) ~= "string" then
      return false
    end
    found = found or param.key == PARAMETER[command.type]
  end
  return found
end

local function commands(service, body)
  local list = body.Commands
  if type(list) ~= "table" or #list == 0 then service:lacks "Commands" end
  for i, command in ipairs(list) do
    if not is_command(command) then
      service:refuse(400, "InvalidInput", ("Command %d is not valid"):format(i - 1))
    end
  end
  return { commands = list }
end

-- Launching

-- Counts the live response sessions: those launched here, and others in progress. An action
-- that has waited for days for its machine is not one, unless `pending_sessions` is set.
local function sessions(service, now)
  local count, all = 0, service.oddities.pending_sessions
  for _, action in ipairs(service.actions) do
    if action.type == "LiveResponse" and not action:is_final(now)
       and (all or action.launched or action:status_at(now) == "InProgress") then
      count = count + 1
    end
  end
  return count
end

-- The answer to a launch of an action that is already open | nil if none is open
local function duplicate(service, row, machine, now)
  local open = service:open(machine.id, row.type, now)
  if not open then return nil end
  if row.type ~= "LiveResponse" and service.oddities.duplicate_as == "existing" then
    return reply.json(service.oddities.launch_status,
      open:json(now, service.context .. "MachineActions/$entity"))
  end
  service:refuse(400, "ActiveRequestAlreadyExists",
    "Action is already in progress, active action id: " .. open.id)
end

-- Makes the action for a checked request.
local function launch(service, row, machine, body, fields, now)
  fields.type, fields.created, fields.launched = row.type, now, true
  fields.requestor, fields.comment = service.client_id, body.Comment
  fields.machine_id, fields.dns_name = machine.id, machine.computerDnsName
  fields.steps = service.launch_course(row.type, service.random, machine)
  fields.fills = service.oddities.fills_after
  local action = service.by_id[service:add(fields)]
  return reply.json(service.oddities.launch_status,
    action:json(now, service.context .. "MachineActions/$entity", true)), true
end

-- The checks of every launch. -> body, machine
local function admit(service, request, row, id)
  local body, machine = service:body(request, row.keys), service:machine(id)
  if service:strikes("disallowed", request, row.name) then
    service:refuse(403, "DisallowedOperation", "This device has no automation level "
      .. "assigned to it. You'll need to at least enable the minimum Remediation Level for a "
      .. "given Device Group.")
  end
  return body, machine
end

local function answer(row)
  return function(service, request, id)
    local body, machine = admit(service, request, row, id)
    local fields = row.check and row.check(service, body, machine) or {}
    local now = service:now()
    local same = duplicate(service, row, machine, now)
    if same then return same end
    if row.type == "LiveResponse" and sessions(service, now) >= SESSIONS then
      service:refuse(429, "TooManyRequests",
        ("The maximum of %d concurrent live response sessions is reached"):format(SESSIONS))
    end
    return launch(service, row, machine, body, fields, now)
  end
end

-- `tail` is the end of the path, `keys` the required fields of the body.
launches.rows = {
  { name = "isolate", type = "Isolate", check = isolation, roles = { "Machine.Isolate" } },
  { name = "unisolate", type = "Unisolate", roles = { "Machine.Isolate" } },
  { name = "restrict", tail = "restrictcodeexecution", type = "RestrictCodeExecution",
    roles = { "Machine.RestrictExecution" } },
  { name = "unrestrict", tail = "unrestrictcodeexecution", type = "UnrestrictCodeExecution",
    roles = { "Machine.RestrictExecution" } },
  { name = "scan", tail = "runantivirusscan", type = "RunAntiVirusScan", check = scan,
    keys = { "Comment", "ScanType" }, roles = { "Machine.Scan" } },
  { name = "collect", tail = "collectinvestigationpackage", type = "CollectInvestigationPackage",
    roles = { "Machine.CollectForensics" } },
  { name = "offboard", type = "Offboard", check = offboarding, roles = { "Machine.Offboard" } },
  { name = "quarantine", tail = "stopandquarantinefile", type = "StopAndQuarantineFile",
    keys = { "Comment", "Sha1" }, check = file, scopes = { "Machine.StopAndQuarantine" },
    roles = { "Machine.StopAndQuarantine", "Machine.Read.All", "Machine.ReadWrite.All" } },
  { name = "live_response", tail = "runliveresponse", type = "LiveResponse", check = commands,
    keys = {}, roles = { "Machine.LiveResponse" }, limits = { per_minute = 10 } },
}
for _, row in ipairs(launches.rows) do
  row.method, row.path = "POST", "^/machines/([^/]+)/" .. (row.tail or row.name) .. "$"
  row.keys = row.keys or { "Comment" }
  row.answer = answer(row)
end

-- The default course of a launched action: InProgress within seconds, Succeeded within minutes.
function launches.course(_, random)
  local started = 1 + random() * 9
  return { { started, "InProgress" }, { started + 20 + random() * 100, "Succeeded" } }
end

return launches
