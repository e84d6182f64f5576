-- A virtual clock, and events that happen at its moments.
--
-- It is used in place of a clock: `clock.monotonic()` and `clock.wall()` give seconds. Time passes
-- only by `advance` and `pass`. On the way, events planned with `at` happen in order, each at its
-- own moment, so that all users of one clock see events as in real time.

local clock = {}

-- The events are a binary heap, the next one first; at equal moments, in the order of planning.

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

  -- The id of the machine's current boot.
  function self.boot() return "virtual" end

  -- Sets the wall clock; monotonic time is not changed.
  function self.set(seconds) offset = seconds - now end

  -- Calls `action` when monotonic time reaches `moment`.
  function self.at(moment, action)
    number = number + 1
    push(heap, { moment = moment, number = number, action = action })
  end

  -- Lets time pass until an event has happened, at most `seconds`. -> true if one has
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

  -- Lets `seconds` pass, with all events planned for them.
  function self.advance(seconds)
    local deadline = now + seconds
    while self.pass(deadline - now) do end
    now = deadline
  end

  return self
end

return clock
