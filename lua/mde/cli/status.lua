-- mde status: the quota's windows, and who uses them.

local cjson = require "cjson"
local client = require "mde.cli.client"
local output = require "mde.cli.output"
local show_table = require "mde.cli.table"
local stores = require "mde.cli.store"

local status = {}

function status.define(command)
  command:epilog [[
A bucket is an operation of the service, whose calls are counted in a minute and in an
hour. HELD BY says which processes took slots in that time.

Examples:
   mde status
   mde status --json]]
  command:flag("--json", "One JSON object a window.")
end

local NAMES = { [60] = "minute", [3600] = "hour" }

-- A window of a bucket, as numbers.
local function window_of(session, operation, bucket, window, now)
  local used, frees_at = bucket:used(window, now)
  local free = math.max(0, window.limit - used)
  local next_slot = free == 0 and frees_at or now
  next_slot = math.max(next_slot, bucket.paused)
  return {
    bucket = operation, window = NAMES[window.seconds] or ("%d s"):format(window.seconds),
    limit = window.limit, used = used, free = next_slot > now and free > 0 and 0 or free,
    wait = next_slot - now,
    holders = session.quota.shared:holders(operation, now - window.seconds),
  }
end

local function windows_of(session)
  local now, list = session.clock.monotonic(), {}
  session.quota:look()
  session.store:commit()
  for _, operation in ipairs { "cancel", "get", "list" } do
    local bucket = session.quota:bucket(operation)
    for _, window in ipairs(bucket.windows) do
      list[#list + 1] = window_of(session, operation, bucket, window, now)
    end
  end
  return list
end

local function holder_text(holders)
  local parts = {}
  for i, row in ipairs(holders) do
    if i > 3 then
      parts[#parts + 1] = ("%d more"):format(#holders - 3)
      break
    end
    parts[i] = ("%s: %d"):format(stores.shown(row[1]), row[2])
  end
  return table.concat(parts, ", ")
end

local COLUMNS = {
  { title = "BUCKET" }, { title = "WINDOW" }, { title = "USED", right = true },
  { title = "FREE", right = true }, { title = "NEXT SLOT" }, { title = "HELD BY", may_cut = true },
}
local KEYS = { "profile", "bucket", "window", "limit", "used", "free", "next_slot", "holders" }

local function show_json(list, profile)
  for _, w in ipairs(list) do
    local holders = {}
    for i, row in ipairs(w.holders) do
      holders[i] = { holder = stores.shown(row[1]), slots = math.tointeger(row[2]) }
    end
    output.json({
      bucket = w.bucket, window = w.window, limit = w.limit, used = w.used, free = w.free,
      next_slot = w.wait > 0 and require "mde.date".text(os.time() + math.ceil(w.wait))
                  or cjson.null,
      holders = holders, profile = profile,
    }, KEYS)
  end
end

local function rows_of(list)
  local rows = {}
  for i, w in ipairs(list) do
    rows[i] = {
      w.bucket, w.window, ("%d"):format(w.used), ("%d"):format(w.free),
      w.wait > 0 and ("%s (in %s)"):format(os.date("%H:%M:%S", os.time() + math.ceil(w.wait)),
        require "mde.duration".text(math.ceil(w.wait))) or "now",
      holder_text(w.holders),
    }
  end
  return rows
end

function status.run(parsed)
  local read, many = client.reader(parsed)
  local rows, columns = {}, many and { { title = "TENANT" }, table.unpack(COLUMNS) } or COLUMNS
  local result = read(function(session) return session, windows_of(session) end,
  function(profile, session, list)
    if parsed.json then return show_json(list, profile) end
    for _, row in ipairs(rows_of(list)) do
      if many then table.insert(row, 1, profile) end
      rows[#rows + 1] = row
    end
    if not many then output.note("%s in %s", session.application, session.store.name) end
    if #list == 0 then
      output.note("%sThere are no limits (MDE_QUOTA=off).", many and profile .. ": " or "")
    end
  end)
  if #rows > 0 then show_table(columns, rows) end
  return result
end

return status
