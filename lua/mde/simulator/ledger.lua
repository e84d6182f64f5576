-- Records each request to the simulated service and its effect, for tests.
--
-- It is kept in columns, and has facts that no client can know.

local ledger = {}

local Ledger = {}
Ledger.__index = Ledger

function ledger.new()
  local cancels = {}
  return setmetatable({ moments = {}, operations = {}, statuses = {}, cancels = cancels,
                        effects = { cancel = cancels } }, Ledger)
end

-- Records a request of `operation` at `moment` (seconds, monotonic) that was answered with
-- `status`, or 0 if it was lost before. If it could change something, `id` names that (a
-- cancel's action, a launch's machine), and `effect` is true if it did.
function Ledger:note(moment, operation, status, id, effect)
  local line = #self.moments + 1
  self.moments[line], self.operations[line], self.statuses[line] = moment, operation, status
  if not id then return end
  local by_id = self.effects[operation] or {}
  self.effects[operation] = by_id
  local effects = by_id[id] or {}
  by_id[id] = effects
  effects[#effects + 1] = effect or false
end

-- The number of cancels posted for an action, and an array of their effects (boolean).
function Ledger:posted(id)
  local effects = self.cancels[id] or {}
  return #effects, effects
end

-- The number of times that an operation took effect on an id, and an array of the effects
-- (boolean) of all posts.
function Ledger:launched(id, operation)
  local effects, count = (self.effects[operation] or {})[id] or {}, 0
  for _, effect in ipairs(effects) do
    if effect then count = count + 1 end
  end
  return count, effects
end

-- The number of requests, of one operation and with one status if given.
function Ledger:requests(operation, status)
  local count = 0
  for line = 1, #self.moments do
    if (not operation or self.operations[line] == operation)
       and (not status or self.statuses[line] == status) then
      count = count + 1
    end
  end
  return count
end

-- The most requests of an operation that arrived within any `seconds`.
function Ledger:most_within(seconds, operation)
  local arrived, most, first = {}, 0, 1
  for line, moment in ipairs(self.moments) do
    if self.operations[line] == operation and self.statuses[line] ~= 0 then
      arrived[#arrived + 1] = moment
      while arrived[first] + seconds <= moment do first = first + 1 end
      most = math.max(most, #arrived - first + 1)
    end
  end
  return most
end

return ledger
