-- The tables of a store, and how an older store becomes one of today. They are the
-- same in SQLite and PostgreSQL.

local errors = require "mde.base.errors"

local schema = {}

-- Each step makes the next version; a step that was released is never changed.
schema.steps = {
  {
    -- Who took a slot of a window, and what became of it: appended, and dropped when it
    -- is over. `moment` is when it counts; for a pause, its end.
    [[CREATE TABLE slots (
      application TEXT NOT NULL, number DOUBLE PRECISION NOT NULL, operation TEXT NOT NULL,
      kind TEXT NOT NULL, slot TEXT, at DOUBLE PRECISION NOT NULL, moment DOUBLE PRECISION,
      holder TEXT NOT NULL, PRIMARY KEY (application, number))]],
    -- What to add to this machine's monotonic clock, while it is up, for the store's time.
    [[CREATE TABLE boots (boot TEXT NOT NULL PRIMARY KEY, shift DOUBLE PRECISION NOT NULL)]],
  },
  {
    [[CREATE TABLE batches (
      number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE,
      created DOUBLE PRECISION NOT NULL, who TEXT NOT NULL, tenant TEXT,
      application TEXT NOT NULL, command TEXT, plan TEXT, comment TEXT NOT NULL,
      ordering TEXT NOT NULL, size INTEGER)]],
    [[CREATE TABLE items (
      batch INTEGER NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL,
      PRIMARY KEY (batch, position))]],
    -- What happened to an item; to the batch itself where the position is 0.
    [[CREATE TABLE events (
      batch INTEGER NOT NULL, position INTEGER NOT NULL, number INTEGER NOT NULL,
      at DOUBLE PRECISION NOT NULL, kind TEXT NOT NULL, who TEXT, verdict TEXT, status TEXT,
      http INTEGER, request_id TEXT, machine TEXT, machine_id TEXT, type TEXT, requestor TEXT,
      error TEXT, message TEXT, PRIMARY KEY (batch, position, number))]],
    [[CREATE TABLE audit (
      machine TEXT NOT NULL PRIMARY KEY, line DOUBLE PRECISION NOT NULL, hash TEXT NOT NULL)]],
  },
  {
    -- What a plan decided: "undo" (absent: cancel), with which comment (absent: the
    -- batch's), and the status that the action must still have.
    "ALTER TABLE items ADD COLUMN decision TEXT",
    "ALTER TABLE items ADD COLUMN comment TEXT",
    "ALTER TABLE items ADD COLUMN expected TEXT",
    -- The hours of a plan's guards, as JSON: outside of them nothing is sent.
    "ALTER TABLE batches ADD COLUMN hours TEXT",
  },
  {
    -- Of a plan: until when it could begin, its guards as JSON, and of each item the policy
    -- that decided and the machine.
    "ALTER TABLE batches ADD COLUMN expires DOUBLE PRECISION",
    "ALTER TABLE batches ADD COLUMN guards TEXT",
    "ALTER TABLE items ADD COLUMN policy TEXT",
    "ALTER TABLE items ADD COLUMN machine TEXT",
    -- The id of the action that undoes the item's.
    "ALTER TABLE events ADD COLUMN launched TEXT",
  },
  {
    -- When an event happened by the store's own time, which does not step; `at` is shown.
    "ALTER TABLE events ADD COLUMN moment DOUBLE PRECISION",
  },
  {
    -- An audit log has an id, and not the name of its machine; `place` is who keeps it and
    -- where.
    "ALTER TABLE audit RENAME COLUMN machine TO log",
    "ALTER TABLE audit ADD COLUMN place TEXT",
  },
  {
    -- Names of an application in a tenant that were configured (with the tenant's domain, say),
    -- and the one that its token gave. Older batches and plans have the former.
    [[CREATE TABLE aliases (configured TEXT NOT NULL, application TEXT NOT NULL,
      PRIMARY KEY (configured, application))]],
  },
  {
    -- Batches of any change: `decision` also names a launch or another change, and these are
    -- its arguments as JSON.
    "ALTER TABLE items ADD COLUMN arguments TEXT",
    -- The reason for which a person closed a batch.
    "ALTER TABLE batches ADD COLUMN closed TEXT",
    -- Events for a profile's `notify` command, as JSON, until it has taken them. `claimed`: when
    -- a process last began to pass one on.
    [[CREATE TABLE notices (
      number INTEGER NOT NULL PRIMARY KEY, profile TEXT NOT NULL, event TEXT NOT NULL,
      claimed DOUBLE PRECISION)]],
  },
}

-- Brings a database up to date, in one transaction. Raises the error (code "store") for
-- one that a newer mde has made.
function schema.update(database)
  database:run "CREATE TABLE IF NOT EXISTS versions (version INTEGER NOT NULL)"
  local version = database:row "SELECT max(version) FROM versions" or 0
  if version > #schema.steps then
    error(errors.new { code = "store", message = ("the store %s has schema %d, and this mde knows"
      .. " schemas up to %d: use the newer mde that made it"):format(database.name, version,
      #schema.steps) }, 0)
  end
  for number = version + 1, #schema.steps do
    for _, statement in ipairs(schema.steps[number]) do database:once(statement) end
    database:run("INSERT INTO versions (version) VALUES (?)", number)
  end
end

return schema
