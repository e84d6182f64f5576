-- A virtual clock, and what is to happen at which moment of it.
--
-- It is used wherever mde takes a clock: `clock.monotonic()` and `clock.wall()`
-- give seconds. Time passes only by `advance` and `pass`. What was planned with
-- `at` happens on the way, in order, each at its own moment, so that whatever
-- shares one clock sees events as they would come in real time.

local clock = {}

-- The events are a binary heap, the next one first; of equal moments, the one
-- planned first comes first.

local function before(a, b)
  return a.moment < b.moment or a.moment == b.moment and a.number < b.number
end

local function push(heap, event)
  local i = #heap + 1
  while i > 1 do
    local parent = (i - i % 2) / 2
    if not before(event, heap[parent]) then break end
    heap[i], i = heap[parent], parent
  end
  heap[i] = event
end

local function pop(heap)
  local top, size = heap[1], #heap
  local last = heap[size]
  heap[size] = nil
  if size == 1 then return top end
  local i = 1
  while true do
    local child = 2 * i
    if child >= size then break end
    if child + 1 < size and before(heap[child + 1], heap[child]) then child = child + 1 end
    if not before(heap[child], last) then break end
    heap[i], i = heap[child], child
  end
  heap[i] = last
  return top
end

-- A clock that starts at `wall` (seconds since 1970-01-01T00:00:00Z; default
-- 2026-01-23T20:00:00Z). Its monotonic time starts at 1000.
function clock.new(wall)
  local now, offset = 1000, (wall or 1769198400) - 1000
  local heap, number = {}, 0
  local self = {}

  function self.monotonic() return now end

  function self.wall() return now + offset end

  -- What tells one run of the machine from the next.
  function self.boot() return "virtual" end

  -- Sets the wall clock; monotonic time goes on as if nothing had happened.
  function self.set(seconds) offset = seconds - now end

  -- Calls `action` when monotonic time reaches `moment`.
  function self.at(moment, action)
    number = number + 1
    push(heap, { moment = moment, number = number, action = action })
  end

  -- Lets time pass until an event has happened, at most `seconds`.
  -- -> whether one has
  function self.pass(seconds)
    local deadline = now + seconds
    if not heap[1] or heap[1].moment > deadline then
      now = deadline
      return false
    end
    local event = pop(heap)
    if event.moment > now then now = event.moment end
    event.action()
    return true
  end

  -- Lets `seconds` pass, and all that is planned for them happen.
  function self.advance(seconds)
    local deadline = now + seconds
    while self.pass(deadline - now) do end
    now = deadline
  end

  return self
end

return clock
