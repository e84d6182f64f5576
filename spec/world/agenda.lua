-- True time of a world, and what is planned for its moments.

local agenda = {}

local Agenda = {}
Agenda.__index = Agenda

local function before(a, b)
  return a.at < b.at or a.at == b.at and a.number < b.number
end

-- Calls action() at a moment (not before now). -> the entry; its `action` may be cleared
function Agenda:at(moment, action)
  local heap, i = self.heap, #self.heap + 1
  self.number = self.number + 1
  local entry = { at = math.max(moment, self.now), number = self.number, action = action }
  while i > 1 and before(entry, heap[i // 2]) do
    heap[i], i = heap[i // 2], i // 2
  end
  heap[i] = entry
  return entry
end

local function pop(heap)
  local top, size = heap[1], #heap
  local last = heap[size]
  heap[size] = nil
  if size == 1 then return top end
  local i = 1
  while 2 * i < size do
    local child = 2 * i
    if child + 1 < size and before(heap[child + 1], heap[child]) then child = child + 1 end
    if not before(heap[child], last) then break end
    heap[i], i = heap[child], child
  end
  heap[i] = last
  return top
end

-- Carries out what is planned next, at most at `limit`. -> false: nothing is
function Agenda:step(limit)
  local next_entry = self.heap[1]
  if not next_entry or next_entry.at > limit then return false end
  pop(self.heap)
  self.now = next_entry.at
  if next_entry.action then next_entry.action() end
  return true
end

-- `now`: seconds since 1970
function agenda.new(now)
  return setmetatable({ now = now, heap = {}, number = 0 }, Agenda)
end

return agenda
