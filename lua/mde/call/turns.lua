-- Shares the slots of one operation between waiting processes, by the moments of one clock.
--
-- A process that finds no slot registers as waiting until it takes one. A free slot belongs to the
-- waiting process that took the fewest slots lately; among equals, to the one that has waited
-- longest. A process that does not use its turn is passed over after a while.

local turns = {}

local Turns = {}
Turns.__index = Turns

local LATELY = 120  -- seconds for which a slot that was taken counts against its process
local PATIENCE = 3  -- seconds that a free slot is kept for a process that does not take it

function turns.new()
  return setmetatable({ taken = {}, waiting = {} }, Turns)
end

-- A process took a slot at `moment`.
function Turns:take(holder, moment)
  self.waiting[holder] = nil
  local taken = self.taken[holder] or { first = 1, last = 0 }
  self.taken[holder] = taken
  taken.last = taken.last + 1
  taken[taken.last] = moment
end

-- A process waits since `moment`.
function Turns:wait(holder, moment)
  self.waiting[holder] = moment
end

function Turns:is_waiting(holder)
  return self.waiting[holder] ~= nil
end

-- Counts the slots that a process took lately.
function Turns:count(holder, now)
  local taken = self.taken[holder]
  if not taken then return 0 end
  while taken.first <= taken.last and taken[taken.first] <= now - LATELY do
    taken[taken.first] = nil
    taken.first = taken.first + 1
  end
  if taken.first > taken.last then self.taken[holder] = nil end
  return taken.last - taken.first + 1
end

-- Counts the free slots that go to other processes before `holder` gets one. `free` is the moment since
-- which a slot is free (nil: none is).
function Turns:ahead(holder, now, free)
  local own, since, ahead = self:count(holder, now), self.waiting[holder] or math.huge, 0
  for other, moment in pairs(self.waiting) do
    local behind = own - self:count(other, now)
    if other == holder then behind = -1
    elseif free and now > math.max(moment, free) + PATIENCE then
      self.waiting[other], behind = nil, -1
    elseif moment < since then behind = behind + 1
    end
    ahead = ahead + math.max(behind, 0)
  end
  return ahead
end

return turns
