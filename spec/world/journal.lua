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

local function all(connection, sql)
  local statement = connection:prepare(sql)
  if not statement then return {} end  -- a crash came before the table
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
  for _, event in ipairs(all(connection, "SELECT batch, position, kind, verdict FROM events"
      .. " WHERE position > 0 ORDER BY batch, position, number")) do
    last[event.batch .. " " .. event.position] = event
  end
  return last
end

-- -> names of the batches that have open items, in their order
function journal.open(world, row)
  local connection = connect(world, row)
  if not connection then return {} end
  local last, open, names = last_events(connection), {}, {}
  for _, item in ipairs(all(connection, "SELECT batch, position FROM items")) do
    local event = last[item.batch .. " " .. item.position]
    if not event or event.kind ~= "ended" or not SETTLED[event.verdict] then
      open[item.batch] = true
    end
  end
  for _, batch in ipairs(all(connection, "SELECT number, name FROM batches"
      .. " WHERE size IS NOT NULL AND closed IS NULL ORDER BY number")) do
    if open[batch.number] then names[#names + 1] = batch.name end
  end
  connection:close()
  return names
end

-- -> the store as the observation has it
function journal.read(world, row)
  local store = { batches = {}, items = {}, events = {} }
  local connection = connect(world, row)
  if connection then
    store.batches = all(connection, "SELECT * FROM batches ORDER BY number")
    store.items = all(connection, "SELECT * FROM items ORDER BY batch, position")
    store.events = all(connection, "SELECT * FROM events ORDER BY batch, position, number")
    connection:close()
  end
  local text = world.hosts[row.name].disk:read("/state/" .. row.store .. "/mde/audit.jsonl") or ""
  store.audit_text, store.audit_lines = text, {}
  for line in text:gmatch "([^\n]*)\n" do
    table.insert(store.audit_lines, json.decode(line))
  end
  return store
end

return journal
