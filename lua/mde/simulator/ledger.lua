-- What the service was asked, and what came of it: one line a request, kept in
-- columns. Tests ask it what no client can know.

local ledger = {}

local Ledger = {}
Ledger.__index = Ledger

function ledger.new()
  local cancels = {}
  return setmetatable({ moments = {}, operations = {}, statuses = {}, cancels = cancels,
                        effects = { cancel = cancels } }, Ledger)
end

-- Notes a request of `operation` at `moment` (seconds, monotonic) that was
-- answered with `status`, or lost on its way there (0). If it could change something,
-- `id` is of what (a cancel's action, a launch's machine), and `effect` whether it did.
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

-- How often cancel was posted for an action, and for each time whether it took
-- effect.
function Ledger:posted(id)
  local effects = self.cancels[id] or {}
  return #effects, effects
end

-- How often an operation took effect on what has this id, and for
-- each time it was posted whether it did.
function Ledger:launched(id, operation)
  local effects, count = (self.effects[operation] or {})[id] or {}, 0
  for _, effect in ipairs(effects) do
    if effect then count = count + 1 end
  end
  return count, effects
end

-- How many requests there were; of one operation and with one status, if given.
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
