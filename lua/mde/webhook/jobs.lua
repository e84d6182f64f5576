-- Jobs: stores accepted cancels, and carries them out in any worker.
--
-- A job stays for a day in the dictionary mde_jobs, which nginx's workers share: its ids and
-- comment, and for each id the time of sending and the verdict. Memory for all of that is reserved
-- at first, so that a full dictionary breaks no accepted job. The worker that runs a job holds a
-- lease in mde_open. If the lease ends because the worker died or is being replaced, another worker
-- continues, and first reads the actions whose cancels had been sent. So a job survives its client,
-- a reload and a worker, but not a restart of nginx.

local cjson = require "cjson.safe"
local mde = require "mde"

local jobs = {}

local DAY = 86400
local LEASE = 5   -- seconds; renewed while the job runs
local LOOK = 2    -- seconds between two searches for jobs that no worker runs
local REST = 30   -- seconds until a failed job is tried again
local SIZE = 384  -- bytes of an item: replacing a value of the same length needs no memory

local kept, open = ngx.shared.mde_jobs, ngx.shared.mde_open
if not (kept and open) then
  error("nginx has no shared dictionaries for the webhook: add \"lua_shared_dict mde_jobs 32m;"
    .. " lua_shared_dict mde_open 1m;\" to http { }", 0)
end

-- Storage of a job

local function fail(message) error(mde.error { code = "store", message = message }, 0) end

-- Adds to a dictionary, after removing expired entries if it is full. -> true | nil, problem
local function add(dictionary, key, value)
  local added, problem = dictionary:safe_add(key, value, DAY)
  if problem == "no memory" then
    dictionary:flush_expired()
    added, problem = dictionary:safe_add(key, value, DAY)
  end
  return added, problem
end

local function padded(value)
  local text = cjson.encode(value)
  return text .. (" "):rep(SIZE - #text)
end

-- Item number `i` of a job: { sent (seconds since 1970), verdict, status, error }, each if known.
-- An error without a verdict is that of the last attempt.
local function item_of(name, i)
  return cjson.decode(kept:get(("item %s %d"):format(name, i)) or "{}")
end

-- Stores an item. Raises on failure, so that no cancel is sent that is not recorded.
local function keep(name, i, item)
  local text = padded(item)
  if #text > SIZE then
    ngx.log(ngx.WARN, "job ", name, ": ", item.error.message)
    item.error.message = "see nginx's error log"
    text = padded(item)
  end
  local done, problem = kept:safe_set(("item %s %d"):format(name, i), text, DAY)
  if not done then fail("the dictionary mde_jobs: " .. problem) end
end

-- Stores a job with all its items, or nothing. -> false if memory is short
local function reserve(name, count, text)
  local added = {}
  local function take(key, value)
    local went, problem = add(kept, key, value)
    if went then added[#added + 1] = key end
    return went or problem == "exists"
  end
  local room = true
  for i = 1, count do room = room and take(("item %s %d"):format(name, i), padded {}) end
  room = room and take("job " .. name, text)
  if not room then for _, key in ipairs(added) do kept:delete(key) end end
  return room
end

-- Reports if the stored job `text` has these ids and this comment. The text is not compared: the
-- order of its keys differs between Lua states, of which a reload makes new ones.
local function is_same(text, ids, comment)
  local job = cjson.decode(text or "")
  return job ~= nil and job.comment == comment
    and table.concat(job.ids, " ") == table.concat(ids, " ")
end

-- Adds a job, unless one of this name exists; without a name it is new.
-- -> name | nil, "full" or "other" (the name belongs to a different job)
function jobs.add(name, ids, comment)
  name = name or ngx.var.request_id
  local text = cjson.encode { ids = ids, comment = comment }
  if not kept:get("job " .. name) and not reserve(name, #ids, text) then return nil, "full" end
  if not is_same(kept:get("job " .. name), ids, comment) then return nil, "other" end
  -- Also for a known job: the worker that was about to do this may have died.
  local added, problem = add(open, name, true)
  if added or problem == "exists" then return name end
  return nil, "full"
end

-- Reports if a job has items without a final verdict.
function jobs.is_open(name) return open:get(name) ~= nil end

-- Reads a job. -> { job, state = "open" or "done", items = { { id, verdict, … }, … } } | nil
function jobs.look(name)
  local job = cjson.decode(kept:get("job " .. name) or "")
  if not job then return nil end
  local items, state = {}, "done"
  for i, id in ipairs(job.ids) do
    local item = item_of(name, i)
    items[i] = { id = id, verdict = item.verdict, status = item.status, error = item.error }
    if not item.verdict then state = "open" end
  end
  return { job = name, state = state, items = items }
end

-- Running a job

-- The open items of a job, as targets of client:cancel_all.
local function targets_of(name, ids)
  local targets = {}
  for i, id in ipairs(ids) do
    local item = item_of(name, i)
    if not item.verdict then
      targets[#targets + 1] = { id = id, number = i, read_first = item.sent and true,
                                sends = { item.sent } }
    end
  end
  return targets
end

-- Verdicts after which an item is tried again.
local PASSING = { unsent = true, unknown = true }

-- The lease of a job. client:cancel_all asks it if it should stop, and records results with it.
local Lease = {}
Lease.__index = Lease

function Lease:is_ours() return open:get(self.key) == self.mine end

-- Records that a cancel will be sent, before it is.
function Lease:sent(call)
  if not self:is_ours() then fail "another worker runs this job" end
  local item = item_of(self.job, call.target.number)
  item.sent = item.sent or ngx.now()
  keep(self.job, call.target.number, item)
end

function Lease:ended(call)
  if PASSING[call.verdict] then return end
  local item, err = item_of(self.job, call.target.number), call.err
  item.verdict, item.status = call.verdict, call.value and call.value.status
  item.error = err and { code = err.code, message = tostring(err) } or nil
  keep(self.job, call.target.number, item)
end

-- Records the error of the items without a verdict.
function Lease:failed(ids, err)
  for i in ipairs(ids) do
    local item = item_of(self.job, i)
    if not item.verdict then
      item.error = { code = type(err) == "table" and err.code or "internal",
                     message = tostring(err) }
      keep(self.job, i, item)
    end
  end
end

-- Renews the lease. -> "at once" to stop | nil
function Lease:renew()
  if not self:is_ours() then return "at once" end
  open:safe_set(self.key, self.mine, LEASE)
  return ngx.worker.exiting()
end

-- Ends the lease: at once if the job has ended or this worker is being replaced, else after a rest.
function Lease:release(is_over)
  if not self:is_ours() then return end
  if is_over then return open:delete(self.key) end
  open:safe_set(self.key, self.mine, REST)
end

local leases = 0  -- of this worker

-- -> lease | nil if another worker has it
local function lease_of(name)
  leases = leases + 1
  local lease = setmetatable({ job = name, key = "lease " .. name,
                               mine = ("%d %d"):format(ngx.worker.pid(), leases) }, Lease)
  return open:safe_add(lease.key, lease.mine, LEASE) and lease or nil
end

-- Sends the open items of a job. -> the error of the first item that could not be sent, or nil
local function attempt(client, name, job, lease)
  local problem
  local went, report, err = pcall(client.cancel_all, client, targets_of(name, job.ids), {
    comment = job.comment, record = lease, stop = function() return lease:renew() end,
    on_item = function(item)
      if PASSING[item.verdict] then problem = problem or item.error end
    end })
  if not went then return report end
  return problem or not report and err or nil
end

-- Records the error of an attempt, for GET /cancel/JOB, GET /status and the log.
local function note_failure(name, job, lease, err)
  local message = tostring(err)
  ngx.log(ngx.ERR, "job ", name, ": ", message, "; trying again in ", REST, " s")
  kept:safe_set("failure", padded { job = name, message = message:sub(1, SIZE / 2),
                                    at = ngx.time() })
  local noted, problem = pcall(lease.failed, lease, job.ids, err)
  if not noted then ngx.log(ngx.ERR, "job ", name, ": ", tostring(problem)) end
end

-- Runs the open items of a job, unless another worker does.
function jobs.drive(client, name)
  local job = cjson.decode(kept:get("job " .. name) or "")
  if not job then return open:delete(name) end
  local lease = lease_of(name)
  if not lease then return end
  local err = attempt(client, name, job, lease)
  if err then note_failure(name, job, lease, err) else kept:safe_set("failure", padded {}) end
  local is_done = jobs.look(name).state == "done"
  if is_done then open:delete(name) end
  lease:release(is_done or ngx.worker.exiting())
end

-- The number of open jobs.
function jobs.count()
  local count = 0
  for _, key in ipairs(open:get_keys(0)) do
    if not key:find "^lease " then count = count + 1 end
  end
  return count
end

-- The failure of the last job: { job, message, at } | nil if it did not fail
function jobs.failure()
  local failure = cjson.decode(kept:get "failure" or "")
  return failure and failure.job and failure or nil
end

-- Searches repeatedly for jobs that no worker runs.
function jobs.start(client)
  kept:safe_add("failure", padded {})  -- reserves its memory, too
  assert(ngx.timer.every(LOOK, function(premature)
    if premature then return end
    for _, key in ipairs(open:get_keys(0)) do
      if not key:find "^lease " and not open:get("lease " .. key) then jobs.drive(client, key) end
    end
  end))
end

return jobs
