-- Reads the journal and the audit log of a store, for the observation.

local DBI = require "DBI"
local json = require "spec.world.json"

local journal = {}

local SETTLED = {}
for name in ("cancelled already_cancelled already_final too_late launched existing succeeded failed"
    .. " undone done changed skipped not_found refused"):gmatch "%S+" do
  SETTLED[name] = true
end

local function path_of(row) return "/state/" .. row.store .. "/mde/mde.db" end

-- -> connection | nil: no process has opened the store
local function connect(world, row)
  if not world.hosts[row.name].disk:read(path_of(row)) then return nil end
  local connection = assert(DBI.Connect("SQLite3", world:real_path(world.hosts[row.name],
    path_of(row))))
  connection:autocommit(true)
  return connection
end

-- -> array of rows; empty if a crash came before the table
function journal.rows(connection, sql)
  local statement = connection:prepare(sql)
  if not statement then return {} end
  assert(statement:execute())
  local rows = {}
  for row in statement:rows(true) do
    local copy = {}
    for key, value in pairs(row) do copy[key] = value end
    rows[#rows + 1] = copy
  end
  statement:close()
  return rows
end

local function last_events(connection)
  local last = {}
  for _, event in ipairs(journal.rows(connection, "SELECT batch, position, kind, verdict"
      .. " FROM events WHERE position > 0 ORDER BY batch, position, number")) do
    last[event.batch .. " " .. event.position] = event
  end
  return last
end

-- -> names of the batches that have open items, in their order
function journal.open_in(connection)
  local last, open, names = last_events(connection), {}, {}
  for _, item in ipairs(journal.rows(connection, "SELECT batch, position FROM items")) do
    local event = last[item.batch .. " " .. item.position]
    if not event or event.kind ~= "ended" or not SETTLED[event.verdict] then
      open[item.batch] = true
    end
  end
  for _, batch in ipairs(journal.rows(connection, "SELECT number, name FROM batches"
      .. " WHERE size IS NOT NULL AND closed IS NULL ORDER BY number")) do
    if open[batch.number] then names[#names + 1] = batch.name end
  end
  return names
end

-- `connection`: nil if no process has opened the store; `audit`: the text of the audit log.
-- -> the store as the observation has it
function journal.read_from(connection, audit)
  local store = { batches = {}, items = {}, events = {}, audit_text = audit, audit_lines = {} }
  if connection then
    local rows = journal.rows
    store.batches = rows(connection, "SELECT * FROM batches ORDER BY number")
    store.items = rows(connection, "SELECT * FROM items ORDER BY batch, position")
    store.events = rows(connection, "SELECT * FROM events ORDER BY batch, position, number")
  end
  for line in audit:gmatch "([^\n]*)\n" do
    table.insert(store.audit_lines, json.decode(line))
  end
  return store
end

-- The same for a host of a world.
function journal.open(world, row)
  local connection = connect(world, row)
  if not connection then return {} end
  local names = journal.open_in(connection)
  connection:close()
  return names
end

function journal.read(world, row)
  local connection = connect(world, row)
  local store = journal.read_from(connection,
    world.hosts[row.name].disk:read("/state/" .. row.store .. "/mde/audit.jsonl") or "")
  if connection then connection:close() end
  return store
end

return journal
