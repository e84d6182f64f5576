-- Makes the observation of a world for its judge: spec/world/observation.md describes it.

local journal = require "spec.world.journal"

local function observed_processes(self)
  local list = {}
  for _, process in ipairs(self.processes) do
    list[process.name] = {
      name = process.name, host = process.host.name, user = process.user, store = process.store,
      argv = process.argv, input = process.input, is_attended = process.attended or false,
      agrees = process.agrees, began = process.began, ended = process.ended,
      status = process.status, crashed = process.crashed, out = table.concat(process.stdout),
      err = table.concat(process.stderr), intent = process.intent, touches = process.touches,
    }
  end
  return list
end

-- -> the observation of a world that has ended
return function(self)
  local service, secrets, stores = self.service, { self.secret }, {}
  for _, token in ipairs(service.secrets) do secrets[#secrets + 1] = token end
  for _, row in ipairs(self.plan.hosts) do
    stores[row.store] = journal.read(self, row)
  end
  local actions = {}
  for id, action in pairs(service.actions) do
    local copy = { created = action.created, silent = action.silent }
    for key, value in pairs(action.entity) do copy[key] = value end
    actions[id] = copy
  end
  local limits = setmetatable({}, { __index = function() return service.limits end })
  return {
    seed = self.seed, is_faulty = self.plan.is_faulty, began = self.began,
    ended = self.agenda.now, faults_ended = self.faults_ended, limits = limits,
    tenant = service.tenant, application = service.application, secrets = secrets,
    profile = self.plan.profile or {}, machines = service.machines, actions = actions,
    events = self.events, processes = observed_processes(self), stores = stores,
  }
end
