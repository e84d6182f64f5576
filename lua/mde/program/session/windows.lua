-- Reads and shows the quota's windows for `mde status`.

local cjson = require "cjson"
local core = require "mde.core"
local stores = require "mde.program.session.store"
local system = require "mde.program.system"
local tables = require "mde.base.tables"

local windows = {}

local NAMES = { [60] = "minute", [3600] = "hour" }

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

local USUAL = { cancel = true, get = true, list = true }

-- Returns the windows of cancel, get and list, and others in use.
-- -> array of { bucket, window, limit, used, free, wait (seconds to the next slot), holders }
function windows.read(session)
  local now, list = session.clock.monotonic(), {}
  session.quota:look()
  session.store:commit()
  for _, operation in ipairs(tables.keys(core.operation.rows)) do
    local bucket = session.quota:bucket(operation)
    for _, window in ipairs(bucket.windows) do
      local row = window_of(session, operation, bucket, window, now)
      if USUAL[operation] or row.used > 0 then list[#list + 1] = row end
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

windows.columns = {
  { title = "OPERATION" }, { title = "WINDOW" }, { title = "USED", right = true },
  { title = "FREE", right = true }, { title = "NEXT SLOT" }, { title = "CALLS BY", may_cut = true },
}

function windows.objects(list)
  local objects = {}
  for i, w in ipairs(list) do
    local holders = {}
    for j, row in ipairs(w.holders) do
      holders[j] = { holder = stores.shown(row[1]), slots = math.tointeger(row[2]) }
    end
    objects[i] = {
      bucket = w.bucket, window = w.window, limit = w.limit, used = w.used, free = w.free,
      next_slot = w.wait > 0 and require "mde.base.date".text(system.now() + math.ceil(w.wait))
                  or cjson.null,
      holders = holders,
    }
  end
  return objects
end

function windows.rows(list)
  local rows, now = {}, system.now()
  for i, w in ipairs(list) do
    rows[i] = {
      w.bucket, w.window, ("%d"):format(w.used), ("%d"):format(w.free),
      w.wait > 0 and ("%s (in %s)"):format(system.date("%H:%M:%S %Z", now + math.ceil(w.wait)),
        require "mde.base.duration".text(math.ceil(w.wait))) or "now",
      holder_text(w.holders),
    }
  end
  return rows
end

return windows
