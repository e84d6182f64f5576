-- The stores of a twin: reads their rows while processes run, and notes each as it appears.
--
-- `poll` is called before each request is noted: a row that it does not see was not durable when
-- the request arrived. A row's process is the one that held its batch's lock.

local DBI = require "DBI"
local journal = require "spec.world.journal"
local processes = require "spec.twin.process"

local stores = {}

local Store = {}
Store.__index = Store

-- Connects once the first process has made the tables. -> true
local function connect(self)
  if self.connection then return true end
  if self.file and processes.read(self.file) == "" then return false end
  self.connection = assert(DBI.Connect(self.driver, self.file or self.url))
  self.connection:autocommit(true)
  return true
end

-- Processes by their pid, and by the locks they hold

local function by_pid(self, pid)
  for _, process in ipairs(self.list()) do
    if pid and process:pid() == pid then return process end
  end
end

local HOLDER = [[
  SELECT activity.application_name AS name FROM pg_locks AS held
  JOIN pg_stat_activity AS activity USING (pid)
  WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 2
  AND held.objid::bigint = %d AND held.database = (SELECT oid FROM pg_database
  WHERE datname = current_database()) AND activity.application_name LIKE '%% pid %%']]

-- The process that holds a batch | nil
local function holder_of(self, batch)
  local text
  if self.file then
    text = processes.read(("%s/held/%d"):format(self.folder, batch))
  else
    local row = journal.rows(self.connection, HOLDER:format(batch))[1]
    text = row and row.name or ""
  end
  return by_pid(self, tonumber(text:match " pid (%d+)"))
end

-- The latest process of this store for which `is_it(argv)` is true. It ran at the last look, since
-- the end of a process is one.
local function latest(self, is_it)
  local list = self.list()
  for i = #list, 1, -1 do
    local process = list[i]
    if process.store == self.name and (process.ended or math.huge) >= self.looked
      and is_it(process.argv) then
      return process
    end
  end
end

-- The process that names the batch in a `batch` command.
local function about(self, name)
  return latest(self, function(argv) return argv[1] == "batch" and argv[3] == name end)
end

-- The process that carries out a batch: it has the batch's command line, if it began it.
local function carrier(self, batch, is_begun)
  local command = batch.command:gsub("'", "")
  local function has_command(argv) return "mde " .. table.concat(argv, " ") == command end
  return holder_of(self, batch.number) or is_begun and latest(self, has_command)
    or latest(self, function(argv) return argv[1] ~= "batch" end)
end

local ABOUT = { closed = true, ["stop asked"] = true }
local RUNS = { begun = true, resumed = true }

local function process_of(self, row)
  local batch = self.batches[row.batch]
  if row.position > 0 then return batch.runner end
  if ABOUT[row.kind] then return about(self, batch.name) or batch.runner end
  if RUNS[row.kind] then
    batch.runner = carrier(self, batch, row.kind == "begun")
    batch.event.process = batch.event.process or batch.runner and batch.runner.name
  end
  return batch.runner or carrier(self, batch)
end

-- New rows

-- A moment of a row lies between the last look and this one, and after the last answer that its
-- process got: that of PostgreSQL may be some milliseconds early.
local function clamp(self, moment, now, process)
  local earliest = math.max(self.looked, process and process.answered_at or 0)
  return math.min(math.max(earliest, moment or now), now)
end

local function note_batch(self, row, now)
  local known = self.batches[row.number]
  if not known then
    known = { number = row.number, name = row.name, command = row.command or "" }
    known.event = { kind = "journal", store = self.name, table = "batches", op = "insert",
                    row = row, at = clamp(self, row.created, now) }
    self.batches[row.number] = known
    self.note(known.event)
  elseif row.size ~= known.size or row.closed ~= known.closed then
    local process = row.closed and about(self, row.name) or known.runner
    self.note { kind = "journal", store = self.name, table = "batches", op = "update",
                process = process and process.name, at = now,
                row = { number = row.number, size = row.size, closed = row.closed } }
  end
  known.size, known.closed = row.size, row.closed
end

local function before(a, b)
  if a.moment ~= b.moment then return (a.moment or 0) < (b.moment or 0) end
  if a.batch ~= b.batch then return a.batch < b.batch end
  if a.position ~= b.position then return a.position < b.position end
  return a.number < b.number
end

local function note_events(self, now)
  local new = {}
  for _, row in ipairs(journal.rows(self.connection, "SELECT * FROM events")) do
    local key = ("%d %d %d"):format(row.batch, row.position, row.number)
    if not self.seen[key] then
      self.seen[key], new[#new + 1] = true, row
    end
  end
  table.sort(new, before)
  for _, row in ipairs(new) do
    local process = process_of(self, row)
    self.note { kind = "journal", store = self.name, table = "events", op = "insert", row = row,
                process = process and process.name,
                at = clamp(self, row.moment, now, process) }
  end
end

-- Notes the rows that have appeared until `now`.
function Store:poll(now)
  if not connect(self) then return end
  for _, row in ipairs(journal.rows(self.connection, "SELECT * FROM batches ORDER BY number")) do
    note_batch(self, row, now)
  end
  local count = journal.rows(self.connection, "SELECT count(*) AS number FROM events")[1]
  if count and count.number ~= self.count then
    self.count = count.number
    note_events(self, now)
  end
  self.looked = now
end

-- -> names of the batches that have open items
function Store:open()
  return connect(self) and journal.open_in(self.connection) or {}
end

-- -> the store as the observation has it
function Store:read()
  local text = processes.read(self.folder .. "/audit.jsonl")
  return journal.read_from(connect(self) and self.connection or nil, text)
end

-- Keeps other processes from writing, until `release` is called.
function Store:block()
  if not connect(self) then return end
  local other = assert(DBI.Connect(self.driver, self.file or self.url))
  other:autocommit(true)
  for _, statement in ipairs(self.file and { "BEGIN IMMEDIATE" }
    or { "BEGIN", "LOCK TABLE events, slots IN EXCLUSIVE MODE" }) do
    local prepared = other:prepare(statement)
    if prepared then prepared:execute() end
  end
  self.blocker = other
end

-- Ends all sessions but the own one.
function Store:cut()
  if not connect(self) then return end
  journal.rows(self.connection, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    .. " WHERE datname = current_database() AND pid <> pg_backend_pid()")
end

function Store:release()
  if self.blocker then pcall(self.blocker.close, self.blocker) end
  self.blocker = nil
end

function Store:close()
  self:release()
  if self.connection then self.connection:close() end
end

-- `folder`: of its state. `url`: of its PostgreSQL database | nil: SQLite. `list()` -> the
-- processes so far; `note(event)` notes an event.
function stores.new(name, folder, url, list, note)
  return setmetatable({ name = name, folder = folder, url = url, list = list, note = note,
    file = not url and folder .. "/mde.db" or nil, driver = url and "PostgreSQL" or "SQLite3",
    batches = {}, seen = {}, looked = 0, count = 0 }, Store)
end

return stores
