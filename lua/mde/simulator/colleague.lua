-- Simulates another administrator, who releases and isolates machines.

local launches = require "mde.simulator.launches"

local colleague = {
  name = "j.lindqvist@contoso.com",
  releases = "False positive, rule 4711",
  isolates = "Beacon confirmed, INC0048255",
}

local WITHOUT_EFFECT = { Failed = true, TimeOut = true, Cancelled = true }

-- Returns the newest isolation or release of a machine that took effect or still may, or nil.
local function newest(service, machine_id, now)
  local found
  for _, action in ipairs(service:on_machine(machine_id)) do
    local is_one = action.type == "Isolate" or action.type == "Unisolate"
    if is_one and not WITHOUT_EFFECT[action:status_at(now)]
       and (not found or action.created >= found.created) then
      found = action
    end
  end
  return found
end

local function launch(service, random, machine, type_name, comment, now)
  service:add { type = type_name, created = now, machine_id = machine.machine_id,
    dns_name = machine.dns_name, scope = type_name == "Isolate" and "Full" or nil,
    requestor = colleague.name, comment = comment, source = "Portal",
    steps = launches.course(type_name, random) }
end

-- Cancels an isolation that has not ended, and releases the machine of one that has.
local function release(service, random, machine, isolation, now)
  if isolation:is_final(now) then
    launch(service, random, machine, "Unisolate", colleague.releases, now)
  else
    isolation:cancel(now, 0, colleague.name, colleague.releases)
  end
end

-- Returns the function `meanwhile` of a service. Every `seconds` the colleague releases the next
-- isolated machine of the first `limit` ({ machine_id, dns_name }); every third time, the
-- colleague isolates the next one that is not isolated.
function colleague.new(machines, limit, seconds, random)
  local begun, count, position = nil, 0, random(limit)
  local function act(service, now, releases)
    for _ = 1, limit do
      position = position % limit + 1
      local machine = machines[position]
      local action = newest(service, machine.machine_id, now)
      if releases and action and action.type == "Isolate" then
        return release(service, random, machine, action, now)
      elseif not releases and not (action and action.type == "Isolate") then
        return launch(service, random, machine, "Isolate", colleague.isolates, now)
      end
    end
  end
  return function(service)
    begun = begun or service:now()
    while begun + (count + 1) * seconds <= service:now() do
      count = count + 1
      act(service, begun + count * seconds, count % 3 ~= 0)
    end
  end
end

return colleague
