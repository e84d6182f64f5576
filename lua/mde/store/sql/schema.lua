-- The tables of SQL stores, and the steps that update older stores.

local errors = require "mde.base.errors"

local schema = {}

-- Each step makes the next version. Never change a released step. SQLite and PostgreSQL share them.
schema.steps = {
  {
    -- The log of slots: taken, counted, unused, and pauses. Rows are dropped once they no longer
    -- count. `moment` is the time at which a slot counts, or the end of a pause.
    [[CREATE TABLE slots (
      application TEXT NOT NULL, number DOUBLE PRECISION NOT NULL, operation TEXT NOT NULL,
      kind TEXT NOT NULL, slot TEXT, at DOUBLE PRECISION NOT NULL, moment DOUBLE PRECISION,
      holder TEXT NOT NULL, PRIMARY KEY (application, number))]],
    -- The shift from this machine's monotonic clock to the store's time, until a reboot.
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
    -- Events of an item, or of the batch itself if the position is 0.
    [[CREATE TABLE events (
      batch INTEGER NOT NULL, position INTEGER NOT NULL, number INTEGER NOT NULL,
      at DOUBLE PRECISION NOT NULL, kind TEXT NOT NULL, who TEXT, verdict TEXT, status TEXT,
      http INTEGER, request_id TEXT, machine TEXT, machine_id TEXT, type TEXT, requestor TEXT,
      error TEXT, message TEXT, PRIMARY KEY (batch, position, number))]],
    [[CREATE TABLE audit (
      machine TEXT NOT NULL PRIMARY KEY, line DOUBLE PRECISION NOT NULL, hash TEXT NOT NULL)]],
  },
  {
    -- A plan's decision ("undo", or absent: cancel), its comment (absent: the batch's), and the status
    -- that the action must still have.
    "ALTER TABLE items ADD COLUMN decision TEXT",
    "ALTER TABLE items ADD COLUMN comment TEXT",
    "ALTER TABLE items ADD COLUMN expected TEXT",
    -- The hours of a plan's guards, as JSON. Requests are sent in these hours only.
    "ALTER TABLE batches ADD COLUMN hours TEXT",
  },
  {
    -- A plan's expiry and its guards as JSON; the policy that decided on an item, and its machine.
    "ALTER TABLE batches ADD COLUMN expires DOUBLE PRECISION",
    "ALTER TABLE batches ADD COLUMN guards TEXT",
    "ALTER TABLE items ADD COLUMN policy TEXT",
    "ALTER TABLE items ADD COLUMN machine TEXT",
    -- The id of the action that undoes the item's.
    "ALTER TABLE events ADD COLUMN launched TEXT",
  },
  {
    -- The time of an event by the store's clock, which does not step; `at` is for display.
    "ALTER TABLE events ADD COLUMN moment DOUBLE PRECISION",
  },
  {
    -- The key of an audit log is its id, no longer its machine's name. `place` is its user, machine
    -- and folder.
    "ALTER TABLE audit RENAME COLUMN machine TO log",
    "ALTER TABLE audit ADD COLUMN place TEXT",
  },
  {
    -- Configured names of an application in a tenant (for example with the tenant's domain), and the
    -- name in its token. Older batches and plans have a configured name.
    [[CREATE TABLE aliases (configured TEXT NOT NULL, application TEXT NOT NULL,
      PRIMARY KEY (configured, application))]],
  },
  {
    -- Batches of any change: `decision` may also be a launch or another change, with these arguments
    -- as JSON.
    "ALTER TABLE items ADD COLUMN arguments TEXT",
    -- The reason given to close a batch.
    "ALTER TABLE batches ADD COLUMN closed TEXT",
    -- Events for a profile's `notify` command, as JSON, until it has received them. `claimed`: time of
    -- the last attempt to send one.
    [[CREATE TABLE notices (
      number INTEGER NOT NULL PRIMARY KEY, profile TEXT NOT NULL, event TEXT NOT NULL,
      claimed DOUBLE PRECISION)]],
  },
  {
    -- The name of an item's machine, for people.
    "ALTER TABLE items ADD COLUMN name TEXT",
  },
}

-- Updates a database, in one transaction. Raises an error (code "store") if a newer mde has made it.
function schema.update(database)
  database:run "CREATE TABLE IF NOT EXISTS versions (version INTEGER NOT NULL)"
  local version = database:row "SELECT max(version) FROM versions" or 0
  if version > #schema.steps then
    error(errors.new { code = "store", message = ("the store %s has schema %d, but this mde knows"
      .. " schemas up to %d: use the newer mde that made it"):format(database.name, version,
      #schema.steps) }, 0)
  end
  for number = version + 1, #schema.steps do
    for _, statement in ipairs(schema.steps[number]) do database:once(statement) end
    database:run("INSERT INTO versions (version) VALUES (?)", number)
  end
end

return schema
