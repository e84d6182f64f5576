-- The quota's windows in an SQL database: a log of slots per application.
--
-- Every process of the application appends the slots it takes, and reads those of the others.
-- Moments are this process's monotonic time in Lua, and the store's time in the database.

local windows = {}

local Windows = {}
Windows.__index = Windows

local NONE = {}

-- Seconds after which a note no longer counts: over twice the longest window or timeout.
local HORIZON = 7300
local SWEEP = 1000  -- notes between two sweeps

-- Drops old notes, but not the last one, so that the numbers continue.
function Windows:sweep(last)
  self.unswept = 0
  self.store.database:run("DELETE FROM slots WHERE application = ? AND at < ? AND number < ?",
    self.application, self.store:now() - HORIZON, last)
end

-- Returns the other processes' notes since the last call. Begins a transaction, in which no other
-- process takes a slot.
function Windows:news()
  local store, database = self.store, self.store.database
  if database.open and self.transaction == database.transactions then return NONE end
  database:begin()
  store:lock(self.application)
  self.transaction = database.transactions
  self.last = database:row("SELECT max(number) FROM slots WHERE application = ?",
    self.application) or 0
  if self.unswept >= SWEEP then self:sweep(self.last) end
  local rows = database:all([[
    SELECT operation, kind, slot, moment, holder, at FROM slots
    WHERE application = ? AND number > ? AND at > ? AND holder <> ? ORDER BY number]],
    self.application, self.seen, store:now() - HORIZON, store.holder)
  self.seen = self.last
  local events = {}
  for i, row in ipairs(rows) do
    events[i] = { operation = row[1], kind = row[2], slot = row[3],
                  moment = row[4] and row[4] - store.shift,
                  holder = row[5], at = row[6] - store.shift }
  end
  return events
end

-- Appends to the log. Call news() in the same transaction before.
function Windows:note(operation, kind, slot, moment)
  local store = self.store
  self.last, self.unswept = self.last + 1, self.unswept + 1
  store.database:run([[
    INSERT INTO slots (application, number, operation, kind, slot, at, moment, holder)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)]], self.application, self.last, operation, kind, slot,
    store:now(), moment and moment + store.shift, store.holder)
end

-- Takes a slot that counts at `moment`, or at its answer if that comes earlier. -> its name
function Windows:take(operation, moment)
  self.taken = self.taken + 1
  local name = self.holder .. " " .. self.taken
  self:note(operation, "taken", name, moment)
  return name
end

-- Counts the slots of an operation taken since `moment`, per process. -> array of { holder, count }
function Windows:holders(operation, moment)
  return self.store.database:all([[
    SELECT holder, count(*) FROM slots WHERE application = ? AND operation = ?
    AND kind = 'taken' AND at > ? GROUP BY holder ORDER BY 2 DESC, 1]],
    self.application, operation, moment + self.store.shift)
end

-- `store` has database, lock(application), now(), shift (its time minus this process's
-- monotonic time) and holder (a text of this process alone).
function windows.new(store, application)
  return setmetatable({
    store = store, application = application, holder = store.holder, buckets = {},
    is_shared = true,
    seen = 0, last = 0, taken = 0, unswept = SWEEP,
  }, Windows)
end

return windows
