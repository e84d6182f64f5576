-- Counts open actions that are too old, every few minutes, in one worker.
--
-- It logs a line, and keeps the numbers for GET /status.
--
--   WATCH_EVERY        seconds between two counts; 0 for none. Default: 300
--   WATCH_OLDER_THAN   age from which an action counts. Default: 4h

local cjson = require "cjson.safe"

local watch = {}

local EVERY = tonumber(os.getenv "WATCH_EVERY") or 300
local OLDER_THAN = os.getenv "WATCH_OLDER_THAN" or "4h"

local kept = ngx.shared.mde_jobs

-- { at (seconds since 1970), older_than, counts = { type -> number }, error } | nil
function watch.last() return cjson.decode(kept:get "watch" or "") end

local function look(client)
  local seen = { at = ngx.time(), older_than = OLDER_THAN, counts = {}, total = 0 }
  local actions, err = client:list { status = { "Pending", "InProgress" }, older_than = OLDER_THAN }
  for _, action in ipairs(actions or {}) do
    local kind = action.type or "Unknown"
    seen.counts[kind], seen.total = (seen.counts[kind] or 0) + 1, seen.total + 1
  end
  seen.error = err and tostring(err)
  kept:safe_set("watch", cjson.encode(seen))
  ngx.log(ngx.NOTICE, "watch: ", seen.error or ("%d open actions are older than %s")
    :format(seen.total, OLDER_THAN))
end

-- Counts at intervals, in one worker at a time.
function watch.start(client)
  if EVERY <= 0 then return end
  local function turn(premature)
    if premature or not kept:safe_add("watching", true, EVERY * 0.9) then return end
    look(client)
  end
  assert(ngx.timer.at(0, turn))
  assert(ngx.timer.every(EVERY, turn))
end

return watch
