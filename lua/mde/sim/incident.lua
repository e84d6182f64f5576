-- A believable incident, the same for the same seed: a SOAR rule has isolated
-- some hundred machines by mistake half an hour ago. Around it is what a tenant
-- has anyway: isolations that people meant, live responses that never leave
-- Pending, scans, and the history of the last weeks.

local random_numbers = require "mde.sim.random"
local services = require "mde.sim.service"

local incident = {
  requestor = "soar@contoso.com",                -- who isolated by mistake,
  comment = "Auto-isolate: rule 4711",           -- and what it said
}

local MINUTE, HOUR, DAY = 60, 3600, 86400

local SITES = { "ber", "lon", "nyc", "sgp", "par", "syd" }
local KINDS = { "lt", "lt", "lt", "ws", "ws", "srv" }
local PEOPLE = { "dana.reyes@contoso.com", "m.okafor@contoso.com", "lena.fischer@contoso.com",
                 "t.nguyen@contoso.com", "sara.o'brien@contoso.com" }
local APPLICATION = "5f2c1f0e-7a43-4d5e-9d11-0c2b6f3a8e94"  -- an inventory tool's
local REASONS = { "Ransomware note found, INC0048211", "Cobalt Strike beacon, INC0048190",
                  "Suspicious service install, INC0048233", "Lost laptop, SR-20931" }

local function pick(random, list)
  return list[random(#list)]
end

-- Machines of the tenant, each with its own name.
local function fleet(random, count)
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

-- `description` of an action on a machine that `next_machine` gives.
local function on(machine, description)
  description.machine_id, description.dns_name = machine.machine_id, machine.dns_name
  return description
end

-- {{ What is there. Each takes add(description), random and next_machine().

-- Most machines are offline or slow: nothing happens to these by itself.
local function mistaken(count, add, random, next_machine)
  local ids = {}
  for i = 1, count do
    ids[i] = add(on(next_machine(), {
      type = "Isolate", scope = "Full", age = 30 * MINUTE - 6 * MINUTE * (i - random()) / count,
      requestor = incident.requestor, comment = incident.comment,
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

local function live_responses(add, random, next_machine)
  for i = 1, 26 do
    local description = on(next_machine(), {
      type = "LiveResponse", requestor = APPLICATION, comment = "Collect triage package",
      age = 5 * HOUR + random() * 40 * HOUR,
      commands = {
        { type = "RunScript", params = {
          { key = "ScriptName", value = "Invoke-Triage.ps1" },
          { key = "Args", value = ("-Case INC00481%02d"):format(i) } } },
        { type = "GetFile", params = { { key = "Path", value = "C:\\Temp\\triage.zip" } } },
      },
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

local function history(count, add, random, next_machine)
  for _ = 1, count do
    local kind, finish = pick(random, HISTORY), pick(random, ENDS)
    local started = 1 + random() * 30
    local took = finish == "TimeOut" and 3 * DAY or 20 + random() ^ 3 * 2 * HOUR
    add(on(next_machine(), {
      type = kind, age = 4 * DAY + random() * 40 * DAY, requestor = pick(random, PEOPLE),
      comment = pick(random, REASONS),
      scope = kind == "Isolate" and "Full" or kind == "RunAntiVirusScan" and "Quick" or nil,
      error_hresult = finish == "Failed" and -2147024891 or 0,
      related_file = kind == "StopAndQuarantineFile" and {
        fileIdentifier = random_numbers.hex(random, 40), fileIdentifierType = "Sha1" } or nil,
      steps = { { started, "InProgress" }, { started + took, finish } },
    }))
  end
end

-- }}

local DEFAULTS = {
  seed = 4711,
  mistaken = 312,  -- actions launched by mistake
  history = 400,   -- finished actions of the last weeks
}

-- A service (mde.sim.service, which takes the other options; clock is the
-- machine's if not given) in the middle of such an incident. -> the service, the
-- ids of the mistaken actions
function incident.service(options)
  local settings, rest = {}, {}
  for name, default in pairs(DEFAULTS) do settings[name] = default end
  for name, value in pairs(options or {}) do
    if DEFAULTS[name] then settings[name] = value else rest[name] = value end
  end
  rest.seed = settings.seed
  rest.clock = rest.clock or require "mde.clock".system
  local service = services.new(rest)
  local random = random_numbers.new(settings.seed + 1)  -- the service has its own
  local machines, used = fleet(random, settings.mistaken + 900), 0
  local function next_machine()
    used = used % #machines + 1
    return machines[used]
  end
  local function add(description) return service:add(description) end
  local ids = mistaken(settings.mistaken, add, random, next_machine)
  meant(add, random, next_machine)
  live_responses(add, random, next_machine)
  scans(add, random, next_machine)
  history(settings.history, add, random, next_machine)
  return service, ids
end

return incident
