-- Lists running and open batches, for `mde resume` and `mde status`.

local date = require "mde.base.date"
local duration = require "mde.base.duration"
local show_table = require "mde.program.terminal.table"
local states = require "mde.program.batch.state"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"

local open = {}

-- Returns whether a batch is of a session's tenant or application.
function open.is_of(session, batch)
  return session.store.journal:is_alias(batch.application, session.application)
         or batch.tenant ~= nil and batch.tenant == session.tenant
end

-- Lists running and open batches, the newest first; with `is_wanted(batch)` only those that it
-- accepts. -> array of { batch, state ("open" or "running"), done (items), holder }
function open.list(store, is_wanted)
  local list, batches = {}, store.journal:unended()
  for i = #batches, 1, -1 do
    local batch = batches[i]
    local state, done = states.of(batch)
    if (state == "open" or state == "running") and (not is_wanted or is_wanted(batch)) then
      list[#list + 1] = { batch = batch, state = state, done = done,
                          holder = state == "running" and batch:holder() or nil }
    end
  end
  return list
end

-- Returns the objects for JSON.
function open.objects(list)
  local objects = {}
  for i, entry in ipairs(list) do
    local batch = entry.batch
    objects[i] = { batch = batch.name, state = entry.state, done = entry.done, count = batch.count,
                   created = date.text(batch.created), who = batch.who, command = batch.command,
                   ends = entry.ends and date.text(entry.ends),
                   holder = entry.holder and stores.shown(entry.holder) }
  end
  return objects
end

-- Estimates when each running batch of a session ends at the earliest, from the quota: sets `ends`
-- (seconds since 1970) of the list's entries. -> the list
function open.estimate(list, session)
  local now = session.clock.monotonic()
  for _, entry in ipairs(list) do
    if entry.state == "running" then
      entry.ends = system.now()
        + session.quota:at_best("cancel", entry.batch.count - entry.done, now)
    end
  end
  return list
end

-- The end of a running batch, for people.
local function end_text(entry)
  return entry.ends and system.date("%H:%M %Z", math.ceil(entry.ends)) or ""
end

-- Prints a table. `counted`: items to count, "done" or "open"; `to`: the file descriptor. If
-- `is_numbered`, the first column is a number.
function open.show(list, counted, to, is_numbered)
  local columns = {
    { title = "BATCH" }, { title = "STATE" }, { title = "AGE" }, { title = "BY", may_cut = true },
    { title = counted:upper(), right = true }, { title = "OF", right = true },
    { title = "COMMAND", may_cut = true },
  }
  local rows = {}
  for i, entry in ipairs(list) do
    local batch, done = entry.batch, entry.done
    local age = batch.store:wall() - batch.created
    rows[i] = { batch.name, entry.state, duration.text(math.max(0, age)),
                entry.holder and stores.shown(entry.holder) or batch.who,
                ("%d"):format(counted == "done" and done or batch.count - done),
                ("%d"):format(batch.count), batch.command or "" }
    if counted == "done" then table.insert(rows[i], 7, end_text(entry)) end
    if is_numbered then table.insert(rows[i], 1, ("%d"):format(i)) end
  end
  if counted == "done" then table.insert(columns, 7, { title = "ENDS", may_be_empty = true }) end
  if is_numbered then table.insert(columns, 1, { title = "", right = true }) end
  show_table(columns, rows, to)
end

return open
