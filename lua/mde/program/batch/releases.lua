-- Hands out the releases of an undo.
--
-- A release waits until the cancels on its machine have ended: if a cancel and a release overlap,
-- the machine stays isolated.

local verdicts = require "mde.service.verdicts"

local releases = {}

local Releases = {}
Releases.__index = Releases

-- Finds cancels that a release waits for. -> { id -> machine }, { machine -> number of cancels }
local function awaited(batch)
  local wanted, cancels = {}, {}
  for row in batch:rows() do
    local machine = not verdicts.settled[row.verdict] and row.planned_machine
    if machine and row.kind == "release" then wanted[machine] = true
    elseif machine then cancels[row.id] = machine end
  end
  local machines, counts = {}, {}
  for id, machine in pairs(cancels) do
    if wanted[machine] then
      machines[id], counts[machine] = machine, (counts[machine] or 0) + 1
    end
  end
  return machines, counts
end

-- -> the next item; false: every open item waits; nil: there are no more
function Releases:next()
  for i, item in ipairs(self.waiting) do
    if not self.counts[item.planned_machine] then return table.remove(self.waiting, i) end
  end
  for item in self.items do
    if not self.counts[item.planned_machine] then return item end
    table.insert(self.waiting, item)
  end
  if self.waiting[1] then return false end
  return nil
end

-- Notes that an item of the batch has ended.
function Releases:ended(id)
  local machine = self.machines[id]
  if not machine then return end
  local count = self.counts[machine] - 1
  self.machines[id], self.counts[machine] = nil, count > 0 and count or nil
end

-- Releases wait no longer.
function Releases:free()
  self.machines, self.counts = {}, {}
end

function releases.new(batch)
  local machines, counts = awaited(batch)
  return setmetatable({ items = batch:items(true), machines = machines, counts = counts,
                        waiting = {} }, Releases)
end

return releases
