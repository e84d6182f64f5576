-- Makes a realistic incident, the same for the same seed.
--
-- Half an hour ago a SOAR rule isolated some hundred machines by mistake. The tenant also has
-- intended isolations, live responses that never leave Pending, scans, and the history of the
-- last weeks. All machines have records.
--
-- The isolated machines can be derived from the history: most Isolates that Succeeded were
-- undone; some were not; for others the Unisolate Failed, timed out or was Cancelled. Two machines
-- that were released wait to be isolated again.

local colleague = require "mde.simulator.colleague"
local fleet = require "mde.simulator.fleet"
local launches = require "mde.simulator.launches"
local random_numbers = require "mde.simulator.random"
local scenarios = require "mde.simulator.scenarios"
local services = require "mde.simulator.service"
local tables = require "mde.base.tables"

local incident = {
  requestor = "soar@contoso.com",                -- of the mistaken isolations
  comment = "Auto-isolate: rule 4711",
}

local MINUTE, HOUR, DAY = 60, 3600, 86400

local PEOPLE = { "dana.reyes@contoso.com", "m.okafor@contoso.com", "lena.fischer@contoso.com",
                 "t.nguyen@contoso.com", "sara.o'brien@contoso.com" }
local APPLICATION = "5f2c1f0e-7a43-4d5e-9d11-0c2b6f3a8e94"  -- an inventory tool
local REASONS = { "Ransomware note found, INC0048211", "Cobalt Strike beacon, INC0048190",
                  "Suspicious service install, INC0048233", "Lost laptop, SR-20931" }

local function pick(random, list)
  return list[random(#list)]
end

-- Completes the `description` of an action with the machine that `next_machine` gives.
local function on(machine, description)
  description.machine_id, description.dns_name = machine.machine_id, machine.dns_name
  return description
end

-- Contents of the tenant. Each function takes add(description), random and next_machine().

-- The course of the i-th mistaken isolation. Most machines are offline or slow, so that these
-- stay Pending. A share took effect; every second of those is still InProgress.
local function effect(share, i, random)
  local before, after = math.floor((i - 1) * share), math.floor(i * share)
  if before == after then return nil end
  local started = 20 + random() * 100
  local took = after % 2 == 0 and 60 + random() * 600 or 3 * HOUR
  return { { started, "InProgress" }, { started + took, "Succeeded" } }
end

-- The mistaken isolations, launched within a fifth of their age.
local function mistaken(settings, add, random, next_machine)
  local ids, count = {}, settings.mistaken
  for i = 1, count do
    ids[i] = add(on(next_machine(), {
      type = "Isolate", scope = "Full",
      age = settings.mistaken_age * (1 - 0.2 * (i - random()) / count),
      requestor = incident.requestor, comment = incident.comment,
      steps = effect(settings.took_effect, i, random),
    }))
  end
  return ids
end

local function meant(add, random, next_machine)
  for _ = 1, 9 do
    add(on(next_machine(), {
      type = "Isolate", scope = pick(random, { "Full", "Selective" }),
      age = 20 * MINUTE + random() * 20 * HOUR, requestor = pick(random, PEOPLE),
      comment = pick(random, REASONS), source = "Portal",
    }))
  end
end

local function triage(number)
  return {
    { type = "RunScript", params = {
      { key = "ScriptName", value = "Invoke-Triage.ps1" },
      { key = "Args", value = ("-Case INC00481%02d"):format(number) } } },
    { type = "GetFile", params = { { key = "Path", value = "C:\\Temp\\triage.zip" } } },
  }
end

local function live_responses(add, random, next_machine)
  for i = 1, 26 do
    local description = on(next_machine(), {
      type = "LiveResponse", requestor = APPLICATION, comment = "Collect triage package",
      age = 5 * HOUR + random() * 40 * HOUR,
      commands = triage(i),
    })
    if i % 13 == 0 then description.machine_id, description.dns_name = false, false end
    add(description)
  end
end

local function scans(add, random, next_machine)
  for _ = 1, 14 do
    add(on(next_machine(), {
      type = "RunAntiVirusScan", scope = pick(random, { "Quick", "Full" }),
      age = 5 * MINUTE + random() * 50 * MINUTE, requestor = pick(random, PEOPLE),
      comment = "Scan after phishing mail", steps = { { 20 + random() * 60, "InProgress" },
        { 2 * HOUR + random() * HOUR, "Succeeded" } },
    }))
  end
end

local HISTORY = { "Isolate", "Unisolate", "RunAntiVirusScan", "RunAntiVirusScan",
                  "RunAntiVirusScan", "CollectInvestigationPackage", "RestrictCodeExecution",
                  "UnrestrictCodeExecution", "StopAndQuarantineFile", "LiveResponse" }
local ENDS = { "Succeeded", "Succeeded", "Succeeded", "Succeeded", "Succeeded", "Succeeded",
               "Failed", "TimeOut" }

local UNDOES = { Unisolate = "Isolate", UnrestrictCodeExecution = "RestrictCodeExecution" }

-- Gives each undoing action the machine of an earlier action that it undoes; every third of these
-- stays without one. -> the pairs { done, undone }
local function pair(actions)
  local done, pairs_made, kept = {}, {}, 0
  for _, action in ipairs(actions) do
    if action.finish == "Succeeded" and not UNDOES[action.type] then
      kept = kept + 1
      if kept % 3 ~= 0 then done[#done + 1] = action end
    end
  end
  for _, action in ipairs(actions) do
    for i, earlier in ipairs(UNDOES[action.type] and done or {}) do
      if earlier.type == UNDOES[action.type] and earlier.age > action.age + 4 * DAY then
        on(earlier, action)
        pairs_made[#pairs_made + 1] = { earlier, action }
        table.remove(done, i)
        break
      end
    end
  end
  return pairs_made
end

-- Cancels every fourth Unisolate of the pairs, and moves two that took effect to machines that
-- wait to be isolated again.
local function unsettle(made, waiting)
  local cancelled, again = 0, 0
  for _, both in ipairs(made) do
    local isolate, unisolate = both[1], both[2]
    if unisolate.type == "Unisolate" and unisolate.finish == "Succeeded" then
      cancelled = cancelled + 1
      if cancelled % 4 == 0 then
        unisolate.finish = "Cancelled"
      elseif again < 2 then
        again = again + 1
        on(waiting[again], isolate)
        on(waiting[again], unisolate)
      end
    end
  end
end

-- The ended actions of the last weeks.
local function past(count, random, next_machine)
  local actions = {}
  for i = 1, count do
    local kind, finish = pick(random, HISTORY), pick(random, ENDS)
    local started = 1 + random() * 30
    local took = finish == "TimeOut" and 3 * DAY or 20 + random() ^ 3 * 2 * HOUR
    actions[i] = on(next_machine(), {
      type = kind, age = 4 * DAY + random() * 40 * DAY, requestor = pick(random, PEOPLE),
      comment = pick(random, REASONS), finish = finish,
      scope = kind == "Isolate" and "Full" or kind == "RunAntiVirusScan" and "Quick" or nil,
      error_hresult = finish == "Failed" and -2147024891 or 0,
      commands = kind == "LiveResponse" and triage(i % 100) or nil,
      related_file = kind == "StopAndQuarantineFile" and {
        fileIdentifier = random_numbers.hex(random, 40), fileIdentifierType = "Sha1" } or nil,
      steps = { { started, "InProgress" }, { started + took, finish } },
    })
  end
  return actions
end

-- Adds the history; `waiting` are the machines with a Pending isolation.
local function history(count, service, random, next_machine, waiting)
  local actions = past(count, random, next_machine)
  unsettle(pair(actions), waiting)
  for _, description in ipairs(actions) do
    local cancelled = description.finish == "Cancelled"
    description.finish = nil
    local action = service.by_id[service:add(description)]
    if cancelled then
      action:cancel(action.created + 1, 0, description.requestor, "Still needs a look")
    end
  end
end

-- The library for live responses.
local SCRIPTS = { ["Invoke-Triage.ps1"] = "Collects data for triage",
                  ["Get-Autoruns.ps1"] = "Lists programs that start automatically" }

local function scripts(service)
  for name, description in pairs(SCRIPTS) do
    service:add_file { name = name, description = description, by = PEOPLE[1],
      content = "param([string]$Case)\r\n", has_parameters = true, parameters = "-Case NUMBER" }
  end
end

-- Machines

-- Takes machines with a Pending action offline since before its launch. An action launched on a
-- machine that is not Active stays Pending too.
local function take_offline(service)
  for _, action in ipairs(service.actions) do
    local machine = service.machine_by_id[action.machine_id or ""]
    if machine and action:status_at(service:now()) == "Pending" then
      machine.healthStatus = "Inactive"
      machine.lastSeen = math.min(machine.lastSeen, action.created - 9 * DAY)
    end
  end
end

-- Gives the addresses 127.0.0.2, 127.0.0.3, … to `count` machines with an open action: first to one
-- with a live response, then to one that is being isolated, and so on.
local function put_at_loopback(records, service, count)
  local known, queues = {}, { LiveResponse = {}, Isolate = {} }
  for _, record in ipairs(records) do known[record.id] = known[record.id] or record end
  for _, action in ipairs(service.actions) do
    local queue, record = queues[action.type], known[action.machine_id]
    if queue and record and not action:is_final(service:now()) then
      known[record.id], queue[#queue + 1] = nil, record
    end
  end
  for i = 0, count - 1 do
    local record = table.remove(queues[i % 2 == 0 and "LiveResponse" or "Isolate"], 1)
    record.lastIpAddress = ("127.0.0.%d"):format(i + 2)
    record.healthStatus, record.lastSeen = "Active", service:now() - 10 * MINUTE
  end
end

local function course_if_online(type_name, random, machine)
  return machine.healthStatus == "Active" and launches.course(type_name, random) or {}
end

local DEFAULTS = {
  seed = 4711,
  mistaken = 312,     -- actions launched by mistake
  mistaken_age = 30 * MINUTE,  -- of the oldest of them
  took_effect = 0,    -- the share of them that is InProgress or Succeeded
  is_offline = false,  -- if true, machines with a Pending action are offline, and stay so
  colleague_every = false,  -- seconds between two steps of mde.simulator.colleague
  history = 400,      -- ended actions of the last weeks
  loopback = 0,       -- machines at 127.0.0.2, 127.0.0.3, …
}

-- Splits `options`, whose defaults are those of the scenario.
-- -> settings of the incident, options of the service
local function split(options)
  local scenario = scenarios[options.scenario or "misfire"]
  assert(scenario, "no such scenario")
  local settings, rest = tables.merged(DEFAULTS), {}
  for _, set in ipairs { scenario.options, options } do
    for name, value in pairs(set) do
      if DEFAULTS[name] ~= nil then settings[name] = value else rest[name] = value end
    end
  end
  rest.scenario, rest.seed = nil, settings.seed
  return settings, rest
end

-- The application has every permission.
local ROLES = { "Machine.Read.All", "Machine.ReadWrite.All", "Machine.Isolate",
                "Machine.RestrictExecution", "Machine.Scan", "Machine.CollectForensics",
                "Machine.Offboard", "Machine.StopAndQuarantine", "Machine.LiveResponse",
                "Library.Manage" }

-- A service (mde.simulator.service, which takes the other options; the clock defaults to the
-- machine's) during the incident of options.scenario (see mde.simulator.scenarios; default:
-- misfire). -> the service, the ids of the mistaken actions
function incident.service(options)
  local settings, rest = split(options or {})
  if settings.is_offline then rest.launch_course = rest.launch_course or course_if_online end
  rest.clock = rest.clock or require "mde.base.clock".system
  rest.roles = rest.roles or ROLES
  local service = services.new(rest)
  local random = random_numbers.new(settings.seed + 1)  -- the service has its own
  local machines, used = fleet.names(random, settings.mistaken + 900), 0
  local function next_machine()
    used = used % #machines + 1
    return machines[used]
  end
  local function add(description) return service:add(description) end
  local ids = mistaken(settings, add, random, next_machine)
  meant(add, random, next_machine)
  live_responses(add, random, next_machine)
  scans(add, random, next_machine)
  history(settings.history, service, random, next_machine,
    { machines[settings.mistaken + 1], machines[settings.mistaken + 2] })
  local records = fleet.records(machines, random_numbers.new(settings.seed + 2), service:now())
  put_at_loopback(records, service, settings.loopback)
  for _, record in ipairs(records) do service:add_machine(record) end
  if settings.is_offline then take_offline(service) end
  if settings.colleague_every then
    service.meanwhile = colleague.new(machines, settings.mistaken,
      settings.colleague_every, random_numbers.new(settings.seed + 3))
  end
  scripts(service)
  return service, ids
end

return incident
