-- The journal: batches, audit log ends and notices in an SQL store.
--
-- Events are appended, never updated. Failures are raised (code "store"). A batch is a draft while
-- items are added; `begin` makes it visible to other processes. An item is settled if its last event
-- has a settled verdict. An item that was sent and has no verdict was in flight when its process
-- ended.

local date = require "mde.base.date"
local errors = require "mde.base.errors"
local batches = require "mde.store.sql.batch"
local portable = require "mde.store.sql.portable"
local verdicts = require "mde.service.verdicts"

local journal = {}

local Journal = {}
Journal.__index = Journal

local COLUMNS = "number, name, created, who, tenant, application, command, plan, comment,"
  .. " ordering, size, hours, expires, guards, closed"

local function batch_of(self, row)
  return batches.new(self.store, {
    number = row[1], name = row[2], created = row[3], who = row[4], tenant = row[5],
    application = row[6], command = row[7], plan = row[8], comment = row[9], order = row[10],
    count = row[11], hours = row[12], expires = row[13], guards = row[14], closed = row[15],
  })
end

-- Returns the first unused name of a day: "2026-11-25.1".
local function next_name(self, at)
  local day, last = date.text(at):sub(1, 10), 0
  for _, row in ipairs(self.store.database:all(
      "SELECT name FROM batches WHERE name LIKE ?", day .. ".%")) do
    last = math.max(last, tonumber(row[1]:match "^[%d-]+%.(%d%d?%d?%d?%d?%d?)$") or 0)
  end
  return ("%s.%d"):format(day, last + 1)
end

-- Drops the drafts of processes that ended before `begin`.
local function drop_drafts(self)
  local database = self.store.database
  for _, row in ipairs(database:all(
      "SELECT " .. COLUMNS .. " FROM batches WHERE size IS NULL")) do
    if not batch_of(self, row):holder() then
      database:run("DELETE FROM items WHERE batch = ?", row[1])
      database:run("DELETE FROM batches WHERE number = ?", row[1])
    end
  end
end

-- Creates a draft, held by this process. `fields`: name (default: date and number), who, tenant (nil
-- if unknown), application, command (its command line), plan (a hash, or nil), expires (the plan's,
-- or nil), guards and hours (the plan's, as JSON, or nil), comment, order ("given", "newest" or
-- "oldest" first), once (true if this plan may have no other batch).
-- -> batch, lock | nil, err: the name exists, or a batch of the plan
function Journal:draft(fields)
  local store = self.store
  local database = store.database
  return database:atomically(function()
    store:lock "journal"
    local at = store:wall()
    drop_drafts(self)
    local name = fields.name or next_name(self, at)
    if database:row("SELECT 1 FROM batches WHERE name = ?", name) then
      return errors.invalid("batch '%s' exists (see `mde batch show %s`): choose another name",
        name, name)
    end
    local other = fields.once and database:row("SELECT name FROM batches WHERE plan = ?",
      fields.plan)
    if other then
      return nil, errors.new { code = "plan", message = ("the plan was applied already, as batch"
        .. " %s: see `mde batch show %s`"):format(other, other) }
    end
    local number = (database:row "SELECT max(number) FROM batches" or 0) + 1
    local row = { number, name, at, fields.who, fields.tenant, fields.application,
                  fields.command, fields.plan, fields.comment, fields.order, nil, fields.hours,
                  fields.expires, fields.guards }
    database:run("INSERT INTO batches (" .. COLUMNS .. ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      portable.unpack(row, 1, 15))
    local batch = batch_of(self, row)
    return batch, assert(batch:hold())
  end)
end

-- Returns the batch of this name | nil, err
function Journal:find(name)
  local row = self.store.database:all(
    "SELECT " .. COLUMNS .. " FROM batches WHERE name = ? AND size IS NOT NULL", name)[1]
  if row then return batch_of(self, row) end
  local _, err = errors.invalid("there is no batch '%s': see `mde batch list`", name)
  err.unknown, err.known = name, {}
  for i, found in ipairs(self.store.database:all(
    "SELECT name FROM batches WHERE size IS NOT NULL ORDER BY number DESC LIMIT 1000")) do
    err.known[i] = found[1]
  end
  return nil, err
end

-- Returns all batches that have begun, oldest first.
function Journal:batches()
  local list = {}
  for i, row in ipairs(self.store.database:all([[
    SELECT ]] .. COLUMNS .. [[ FROM batches WHERE size IS NOT NULL ORDER BY number]])) do
    list[i] = batch_of(self, row)
  end
  return list
end

-- Batches that have begun and neither ended nor were closed, the oldest first. All their items may
-- be settled, if the process was killed then.
function Journal:unended()
  local list = {}
  for i, row in ipairs(self.store.database:all([[
    SELECT ]] .. COLUMNS .. [[ FROM batches AS b WHERE size IS NOT NULL AND closed IS NULL
    AND NOT EXISTS (SELECT 1 FROM events AS e WHERE e.batch = b.number AND e.position = 0
      AND e.kind = 'ended' AND e.number > (SELECT max(f.number) FROM events AS f
        WHERE f.batch = b.number AND f.position = 0 AND f.kind IN ('begun', 'resumed')))
    ORDER BY number]])) do
    list[i] = batch_of(self, row)
  end
  return list
end

-- Returns the ids of items that begin with these hexadecimal digits and hyphens, at most 20.
function Journal:ids_with(prefix)
  local ids = {}
  for i, row in ipairs(self.store.database:all(
    "SELECT DISTINCT id FROM items WHERE id LIKE ? LIMIT 20", prefix .. "%")) do
    ids[i] = row[1]
  end
  return ids
end

local UNDONE = [[
  SELECT DISTINCT i.id FROM items AS i
  JOIN batches AS b ON b.number = i.batch
  JOIN events AS e ON e.batch = i.batch AND e.position = i.position
  WHERE b.application IN (
    SELECT ? UNION SELECT configured FROM aliases WHERE application = ?)
  AND i.decision = 'undo' AND (e.verdict IN ('undone', 'undo_accepted') OR e.launched IS NOT NULL)]]

-- Returns the ids of actions whose inverse an application has launched, in any batch. -> set
function Journal:undone(application)
  local ids, rows = {}, self.store.database:all(UNDONE, application, application)
  for _, row in ipairs(rows) do ids[row[1]] = true end
  return ids
end

local SEEN = [[
  SELECT id, min(status) FROM (
    SELECT id, expected AS status FROM items WHERE expected IN ('InProgress', 'Pending')
    UNION ALL
    SELECT i.id, 'InProgress' FROM events AS e
    JOIN items AS i ON i.batch = e.batch AND i.position = e.position
    WHERE e.verdict = 'accepted' AND e.status = 'InProgress' OR e.message = ?) AS seen
  GROUP BY id]]

-- Returns the statuses that open actions had before a batch cancelled them: "InProgress", or
-- "Pending" if all batches saw that. -> { id -> status }
function Journal:seen()
  local found = {}
  for _, row in ipairs(self.store.database:all(SEEN, verdicts.had_begun)) do
    found[row[1]] = row[2]
  end
  return found
end

-- Names of an application in a tenant

-- Records that the application configured as `configured` signs in as `application`.
function Journal:note_alias(configured, application)
  if self:is_alias(configured, application) then return end
  self.store.database:atomically(function()
    self.store.database:run([[INSERT INTO aliases (configured, application) VALUES (?, ?)
      ON CONFLICT DO NOTHING]], configured, application)
  end)
end

-- True if a name, of a batch or a plan, means this application.
function Journal:is_alias(name, application)
  return name == application or self.store.database:row(
    "SELECT 1 FROM aliases WHERE configured = ? AND application = ?", name, application) ~= nil
end

-- Ends of audit logs, by the logs' ids

-- Returns the end of a log. `machine` is the key of this folder's log before logs had ids; it counts
-- only in a store of this folder. -> { n =, hash = } | nil
function Journal:audit_head(log, machine)
  local database, sql = self.store.database, "SELECT line, hash FROM audit WHERE log = ?"
  local line, hash = database:row(sql, log)
  if not line and machine and self.store.folder then line, hash = database:row(sql, machine) end
  return line and { n = portable.integer(line), hash = hash }
end

-- Records the end of a log in the open transaction. `place`: the log's user, machine and folder.
function Journal:note_audit_head(log, head, place)
  self.store:lock("audit " .. log)  -- lets a waiting process name this one
  self.store.database:run([[
    INSERT INTO audit (log, line, hash, place) VALUES (?, ?, ?, ?)
    ON CONFLICT (log) DO UPDATE SET line = excluded.line, hash = excluded.hash
    WHERE excluded.line > audit.line]], log, head.n, head.hash, place)
end

-- Returns other logs kept at a place. -> array of { id, lines (count) }
function Journal:other_logs(place, log)
  local others = {}
  for i, row in ipairs(self.store.database:all(
      "SELECT log, line FROM audit WHERE place = ? AND log <> ? ORDER BY log", place, log)) do
    others[i] = { id = row[1], lines = portable.integer(row[2]) }
  end
  return others
end

-- Events for a profile's `notify` command

local CLAIM = 60  -- seconds after which another process may send an event

-- Queues an event (JSON) in the open transaction.
function Journal:queue(profile, event)
  self.store.database:begin()
  self.store:lock "notices"
  local last = self.store.database:row "SELECT max(number) FROM notices" or 0
  self.store.database:run("INSERT INTO notices (number, profile, event) VALUES (?, ?, ?)",
    last + 1, profile, event)
end

-- Claims the first event of a profile that no process is sending. -> number, event | nil: none
function Journal:claim_notice(profile)
  local store = self.store
  if not store.database:row("SELECT 1 FROM notices WHERE profile = ? LIMIT 1", profile) then
    return nil
  end
  return store.database:atomically(function()
    store:lock "notices"
    local number, event = store.database:row([[
      SELECT number, event FROM notices WHERE profile = ? AND (claimed IS NULL OR claimed < ?)
      ORDER BY number LIMIT 1]], profile, store:now() - CLAIM)
    if not number then return nil end
    store.database:run("UPDATE notices SET claimed = ? WHERE number = ?", store:now(), number)
    return portable.integer(number), event
  end)
end

-- Drops an event that was sent. Compares the event too, since its number may be reused.
function Journal:drop_notice(number, event)
  self.store.database:atomically(self.store.database.run, self.store.database,
    "DELETE FROM notices WHERE number = ? AND event = ?", number, event)
end

-- `store`: see mde.store.sql.windows; also wall(), age(moment) and hold(batch).
function journal.new(store)
  return setmetatable({ store = store }, Journal)
end

return journal
