-- A batch in the journal: its items, events and verdicts.

local portable = require "mde.store.sql.portable"
local verdicts = require "mde.service.verdicts"

local batch = {}

local Batch = {}
Batch.__index = Batch

local ROWS = 100    -- items in one statement
local ROUND = 50    -- statements in one commit
local PAGE = 500    -- items read at once

-- Items

local FIELDS = 4    -- of an item without a decision
local INSERT = "INSERT INTO items (batch, position, id, expected) VALUES "
local MANY = INSERT .. ("(?,?,?,?),"):rep(ROWS):sub(1, -2)
local DECIDED = [[INSERT INTO items
  (batch, position, id, decision, comment, expected, policy, machine, arguments, name)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]]

-- Writes the items added since the last call.
local function write_items(self)
  local values, database, first = self.values, self.store.database, 1
  while #values - first + 1 >= FIELDS * ROWS do
    database:run(MANY, portable.unpack(values, first, first + FIELDS * ROWS - 1))
    first = first + FIELDS * ROWS
  end
  for i = first, #values, FIELDS do
    database:run(INSERT .. "(?,?,?,?)", portable.unpack(values, i, i + FIELDS - 1))
  end
  for _, decided in ipairs(self.decided) do
    database:run(DECIDED, self.number, decided.position, decided.id, decided.change,
      decided.comment, decided.expected, decided.policy, decided.machine, decided.arguments,
      decided.name)
  end
end

-- Adds a change to a draft: { id (of the action, machine or other target), change (its name:
-- "cancel", "undo", "isolate", …), comment (default: the batch's), arguments (of the change, as
-- JSON), machine (its id), name (of the machine) }. A change of a plan also has expected (the status that the action must
-- still have) and policy (its name).
function Batch:add_change(change)
  self.added = self.added + 1
  self.decided[#self.decided + 1] = {
    position = self.added, id = change.id, change = change.change, comment = change.comment,
    expected = change.expected, policy = change.policy, machine = change.machine,
    arguments = change.arguments, name = change.name,
  }
end

-- Adds an item to a draft; `status` is the action's, if it was read. Repeated ids are dropped by
-- `complete`.
function Batch:add(id, status)
  local values, count = self.values, #self.values
  self.added = self.added + 1
  values[count + 1], values[count + 2], values[count + 3] = self.number, self.added, id
  values[count + 4] = status or ""
  if count + FIELDS < FIELDS * ROWS * ROUND then return end
  self.store.database:atomically(write_items, self)
  self.values, self.decided = {}, {}
end

-- Completes the draft. -> number of ids, number of repeated ids
function Batch:complete()
  local database = self.store.database
  database:atomically(function()
    write_items(self)
    database:run([[
      DELETE FROM items WHERE batch = ? AND position IN (
        SELECT position FROM (
          SELECT position, row_number() OVER (PARTITION BY id ORDER BY position) AS nth
          FROM items WHERE batch = ?) AS numbered
        WHERE nth > 1)]], self.number, self.number)
  end)
  self.values, self.decided = {}, {}
  self.count = portable.integer((database:row(
    "SELECT count(*) FROM items WHERE batch = ?", self.number)))
  return self.count, self.added - self.count
end

-- Makes the draft a batch.
function Batch:begin()
  self.store.database:run("UPDATE batches SET size = ? WHERE number = ?", self.count, self.number)
end

-- Drops a draft.
function Batch:discard()
  local database = self.store.database
  database:rollback()
  database:atomically(function()
    database:run("DELETE FROM items WHERE batch = ?", self.number)
    database:run("DELETE FROM batches WHERE number = ? AND size IS NULL", self.number)
  end)
end

-- Events

local EVENT = [[
  INSERT INTO events (batch, position, number, at, kind, who, verdict, status, http, request_id,
    machine, machine_id, type, requestor, error, message, launched, moment)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]]
local SENT = "INSERT INTO events (batch, position, number, at, kind, moment)"
  .. " VALUES (?, ?, ?, ?, ?, ?)"

-- Returns how often the batch was begun, resumed or closed, by any process.
function Batch:run_count()
  return portable.integer((self.store.database:row([[
    SELECT count(*) FROM events WHERE batch = ? AND position = 0
    AND kind IN ('begun', 'resumed', 'closed')]], self.number)))
end

-- Records an event of the batch: "begun", "resumed", "stopped", "ended", "stop asked", "overridden"
-- or "closed".
function Batch:note(kind, who, detail)
  local database = self.store.database
  database:begin()
  self.store:lock("batch " .. self.number)  -- other processes may record events too
  local last = database:row(
    "SELECT max(number) FROM events WHERE batch = ? AND position = 0", self.number) or 0
  database:run(EVENT, self.number, 0, last + 1, self.store:wall(), kind, who, nil, nil, nil, nil,
    nil, nil, nil, nil, nil, detail, nil, self.store:now())
  self.runs = self:run_count()
end

-- Records that an item (from `items` below) is about to be sent.
function Batch:sent(item)
  item.number = item.number + 1
  self.store.database:begin()
  self.store.database:run(SENT, self.number, item.position, item.number, self.store:wall(),
    "sent", self.store:now())
end

-- Records the verdict of an item. `outcome` has verdict, and if known status (the action's), http,
-- request_id, machine, machine_id, type, requestor, error, message, launched (the id of the action
-- that undoes it).
function Batch:ended(item, outcome)
  item.number = item.number + 1
  self.store.database:begin()
  self.store.database:run(EVENT, self.number, item.position, item.number, self.store:wall(),
    "ended", nil, outcome.verdict, outcome.status, outcome.http, outcome.request_id,
    outcome.machine, outcome.machine_id, outcome.type, outcome.requestor, outcome.error,
    outcome.message, outcome.launched, self.store:now())
end

-- Asks the process that runs the batch, on any machine, to stop.
function Batch:ask_stop(who, reason)
  self.store.database:atomically(self.note, self, "stop asked", who, reason)
end

-- Lets requests to stop count from now on, before this process becomes the holder: it may have to
-- read and ask for a while before it notes that the batch is resumed.
function Batch:expect_stop()
  self.stops_after = self.store.database:row(
    "SELECT max(number) FROM events WHERE batch = ? AND position = 0", self.number) or 0
end

-- Returns who asked to stop the batch since `expect_stop`, or else since it last began; or closed it,
-- which needs a session that was lost. -> who, reason | nil
function Batch:stop_asked()
  return self.store.database:row([[
    SELECT who, message FROM events WHERE batch = ? AND position = 0
    AND kind IN ('stop asked', 'closed')
    AND number > COALESCE(?, (SELECT max(number) FROM events WHERE batch = ? AND position = 0
                              AND kind IN ('begun', 'resumed')))
    ORDER BY number DESC LIMIT 1]], self.number, self.stops_after, self.number)
end

-- Closes the batch in the open transaction: its open items will not be continued. Only the process
-- that holds it may call this.
function Batch:close(who, reason)
  self:note("closed", who, reason)
  self.store.database:run("UPDATE batches SET closed = ? WHERE number = ?", reason, self.number)
  self.closed = reason
end

-- -> array of { at, kind, who, detail }
function Batch:history()
  local events = {}
  for i, row in ipairs(self.store.database:all([[
    SELECT at, kind, who, message FROM events WHERE batch = ? AND position = 0
    ORDER BY number]], self.number)) do
    events[i] = { at = row[1], kind = row[2], who = row[3], detail = row[4] }
  end
  return events
end

-- State

-- Groups an array of (position, …) rows by position.
local function by_position(rows)
  local found = {}
  for _, row in ipairs(rows) do
    local list = found[row[1]] or {}
    list[#list + 1], found[row[1]] = row, list
  end
  return found
end

local NONE = {}

local function row_of(item, events)
  local row = { position = item[1], id = item[2], number = 0, sends = {},
                change = item[3] or "cancel", comment = item[4], seen = item[5],
                expected = item[3] and item[5], policy = item[6],
                planned_machine = item[7], arguments = item[8], name = item[9] }
  for _, event in ipairs(events or NONE) do
    row.number = event[2]
    if event[4] == "sent" then
      row.sends[#row.sends + 1] = event[3]
      if not row.sends[2] then row.first_sent = event[16] end
      row.last_sent = event[16]
      row.in_flight = true
    else
      row.in_flight = nil
      row.verdict, row.ended_at, row.status, row.http, row.request_id = event[5], event[3],
        event[6], event[7], event[8]
      row.machine, row.machine_id, row.type, row.requestor = event[9], event[10], event[11],
        event[12]
      row.error, row.message = event[13], event[14]
      if row.verdict == "accepted" and row.status == "InProgress"
         or row.message == verdicts.had_begun then row.seen = "InProgress" end
      row.launched = event[15] or row.launched
      row.failed = row.verdict == "error" and event[15] or row.failed
    end
  end
  if row.in_flight then row.verdict = nil end
  row.kind = row.change == "undo" and row.expected ~= "Pending" and "release" or row.change
  return row
end

local ITEMS = "SELECT position, id, decision, comment, expected, policy, machine, arguments, name"
  .. " FROM items WHERE batch = ? "
local FORWARD = ITEMS .. "AND position > ? ORDER BY position LIMIT " .. PAGE
local BACKWARD = ITEMS .. "AND position < ? ORDER BY position DESC LIMIT " .. PAGE
local EVENTS = [[SELECT position, number, at, kind, verdict, status, http, request_id, machine,
  machine_id, type, requestor, error, message, launched, moment FROM events
  WHERE batch = ? AND position >= ? AND position <= ? ORDER BY position, number]]

-- Iterates over the items in the batch's order. A row has the change (see `add_change`; its machine
-- as planned_machine; "cancel" if only ids were given), kind (the change, or "release" for an undo
-- that launches the inverse, at once or after a cancel), seen (the action's status before the batch;
-- nil or "": unknown), expected (the same, if the action must still have it), position, id, number
-- (of events), sends (times, to show), first_sent (by the store's clock, see store:age), in_flight
-- (sent, no verdict yet), failed (the newest action launched for it that had no effect), and the
-- last verdict with its fields (see `ended`; also ended_at; verdict nil: none).
function Batch:rows()
  local database, backward = self.store.database, self.order == "oldest"
  local position = backward and 2147483647 or 0
  local page, events, at = {}, {}, 0
  return function()
    at = at + 1
    if not page[at] then
      page, at = database:all(backward and BACKWARD or FORWARD, self.number, position), 1
      if not page[1] then return nil end
      position = page[#page][1]
      events = by_position(database:all(EVENTS, self.number, math.min(page[1][1], position),
        math.max(page[1][1], position)))
    end
    return row_of(page[at], events[page[at][1]])
  end
end

-- Iterates over the open items: first those sent before, which must be read back, then those never
-- sent. A row is as above, with sent_ago and last_sent_ago: seconds since it was first and last sent
-- (nil: unknown). With `releasing`, only items of the kind "release"; without, all others.
function Batch:items(releasing)
  local rows, second = self:rows(), self.store.database:row(
    "SELECT 1 FROM events WHERE batch = ? AND position > 0 LIMIT 1", self.number) == nil
  return function()
    while not self.closed do
      local row = rows()
      if not row then
        if second then return nil end
        rows, second = self:rows(), true
      elseif (row.number == 0) == second and not verdicts.settled[row.verdict]
             and (row.kind == "release") == (releasing or false) then
        row.read_first = row.in_flight or (row.number > 0 and row.verdict ~= "unsent"
                                        and (row.verdict ~= "forbidden" or row.change == "undo"))
        row.sent_ago = row.first_sent and self.store:age(row.first_sent)
        row.last_sent_ago = row.last_sent and self.store:age(row.last_sent)
        return row
      end
    end
  end
end

-- Returns the change of its first item.
function Batch:change()
  return self.store.database:row(
    "SELECT decision FROM items WHERE batch = ? ORDER BY position LIMIT 1", self.number) or "cancel"
end

-- -> { kind of item -> number }: see `rows`
function Batch:kind_counts()
  local counts = {}
  for _, row in ipairs(self.store.database:all([[
    SELECT CASE WHEN decision = 'undo' AND COALESCE(expected, '') <> 'Pending' THEN 'release'
      ELSE COALESCE(decision, 'cancel') END, count(*) FROM items WHERE batch = ? GROUP BY 1]],
    self.number)) do
    counts[row[1]] = portable.integer(row[2])
  end
  return counts
end

local ISOLATIONS = [[
  SELECT CASE WHEN e.message = ? OR EXISTS (
      SELECT 1 FROM events AS f WHERE f.batch = e.batch AND f.position = e.position
      AND f.verdict = 'accepted' AND f.status = 'InProgress')
    THEN 'InProgress' ELSE COALESCE(i.expected, '') END, count(*)
  FROM items AS i JOIN events AS e ON e.batch = i.batch AND e.position = i.position
  WHERE i.batch = ? AND e.type = 'Isolate' AND e.verdict = 'cancelled' GROUP BY 1]]

-- Counts the isolations that were cancelled, by the status that they had before ("": unknown).
-- -> { status -> count }
function Batch:cancelled_isolations()
  local counts = {}
  for _, row in ipairs(self.store.database:all(ISOLATIONS, verdicts.had_begun, self.number)) do
    counts[row[1]] = portable.integer(row[2])
  end
  return counts
end

-- -> count per verdict, number of items in flight, number of items never sent
function Batch:counts()
  local counts, in_flight, left = {}, 0, self.count
  for _, row in ipairs(self.store.database:all([[
    SELECT kind, verdict, count(*) FROM events AS e WHERE batch = ? AND position > 0
    AND number = (SELECT max(number) FROM events AS f
                  WHERE f.batch = e.batch AND f.position = e.position)
    GROUP BY kind, verdict]], self.number)) do
    local count = portable.integer(row[3])
    left = left - count
    if row[1] == "sent" then in_flight = in_flight + count else counts[row[2]] = count end
  end
  return counts, in_flight, left
end

-- Returns whether the batch was closed, by any process.
function Batch:was_closed()
  self.closed = self.store.database:row("SELECT closed FROM batches WHERE number = ?", self.number)
  return self.closed ~= nil
end

-- Returns the number of open items: 0 if the batch was closed.
function Batch:open_count()
  if self:was_closed() then return 0 end
  local counts, in_flight, left = self:counts()
  for name, count in pairs(counts) do
    if not verdicts.settled[name] then left = left + count end
  end
  return in_flight + left
end

-- Makes this process the one that runs the batch, until it ends or calls lock:release().
-- -> lock | nil, the process that runs it (text)
function Batch:hold()
  return self.store:hold(self)
end

-- Returns the process that runs the batch, or nil.
function Batch:holder()
  local lock, holder = self.store:hold(self, true)
  if lock then lock:release() end
  return not lock and holder or nil
end

function batch.new(store, fields)
  fields.store, fields.values, fields.decided, fields.added = store, {}, {}, 0
  return setmetatable(fields, Batch)
end

return batch
