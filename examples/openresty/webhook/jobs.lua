-- Jobs: what a webhook was promised to have cancelled.
--
-- A job is kept in the dictionary mde_jobs, shared by nginx's workers, until a day after it
-- came: what is to be done, and for each id what was sent and what came of it. There is room
-- for that from the beginning, so that a dictionary that is full later breaks no promise. The
-- worker that does a job holds a lease in mde_open; where the lease ends because the worker
-- died or is being replaced, another worker goes on, and reads first what had been sent. So a
-- job outlives its client, a reload and a worker, but no restart of nginx.

local cjson = require "cjson.safe"
local mde = require "mde"

local jobs = {}

local DAY = 86400
local LEASE = 5   -- seconds; renewed all along
local LOOK = 2    -- seconds between two looks for jobs that nobody does
local REST = 30   -- seconds until what could not be done is tried again
local SIZE = 384  -- bytes of what is kept of an id: a value of the same length needs no room

local kept, open = ngx.shared.mde_jobs, ngx.shared.mde_open

-- {{ What is kept of a job

local function fail(message) error(mde.error { code = "store", message = message }, 0) end

-- Adds to a dictionary, if need be in place of what has expired. -> true | nil, problem
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

-- The item number `i` of a job: { sent (seconds since 1970), verdict, status, error }, each if
-- known. An error without a verdict is why the last try failed.
local function item_of(name, i)
  return cjson.decode(kept:get(("item %s %d"):format(name, i)) or "{}")
end

-- Keeps an item. Raises what hinders it, so that nothing is sent that is not noted.
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

-- Makes room for a job and keeps it, or nothing. -> whether there was room
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

-- Whether the kept job `text` has these ids and this comment. Its text is not compared: the
-- order of its keys differs between Lua states, and a reload makes new ones.
local function is_same(text, ids, comment)
  local job = cjson.decode(text or "")
  return job ~= nil and job.comment == comment
    and table.concat(job.ids, " ") == table.concat(ids, " ")
end

-- A job of these ids. Where one of this name has come before, that one. `name` nil: a new one.
-- -> name | nil, "full" or "other" (one of this name is another job)
function jobs.add(name, ids, comment)
  name = name or ngx.var.request_id
  local text = cjson.encode { ids = ids, comment = comment }
  if not kept:get("job " .. name) and not reserve(name, #ids, text) then return nil, "full" end
  if not is_same(kept:get("job " .. name), ids, comment) then return nil, "other" end
  -- Even one that came before: the worker that was about to do this may have died.
  local added, problem = add(open, name, true)
  if added or problem == "exists" then return name end
  return nil, "full"
end

-- Whether something of a job is still to be done, or to be found out.
function jobs.is_open(name) return open:get(name) ~= nil end

-- How a job stands. -> { job, state = "open" or "done", items = { { id, verdict, … }, … } } | nil
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

-- }}

-- {{ Doing one

-- What is left of a job, as targets of client:cancel_all.
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

-- What did not come to an end is taken up again.
local PASSING = { unsent = true, unknown = true }

-- The lease of a job: what client:cancel_all asks, and has write things down.
local Lease = {}
Lease.__index = Lease

function Lease:is_ours() return open:get(self.key) == self.mine end

-- Notes that an id is sent before it is.
function Lease:sent(call)
  if not self:is_ours() then fail "another worker does this job" end
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

-- Notes why the items without a verdict have none.
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

-- Whether to stop. Renews the lease.
function Lease:heed()
  if not self:is_ours() then return "at once" end
  open:safe_set(self.key, self.mine, LEASE)
  return ngx.worker.exiting()
end

-- Ends it: at once where the job is done or this worker is replaced, else after a rest.
function Lease:release(is_over)
  if not self:is_ours() then return end
  if is_over then return open:delete(self.key) end
  open:safe_set(self.key, self.mine, REST)
end

local leases = 0  -- of this worker

-- -> lease | nil: another worker has it
local function lease_of(name)
  leases = leases + 1
  local lease = setmetatable({ job = name, key = "lease " .. name,
                               mine = ("%d %d"):format(ngx.worker.pid(), leases) }, Lease)
  return open:safe_add(lease.key, lease.mine, LEASE) and lease or nil
end

-- Sends what is left of a job. -> the error of the first item that could not be sent, or nil
local function attempt(client, name, job, lease)
  local problem
  local went, report, err = pcall(client.cancel_all, client, targets_of(name, job.ids), {
    comment = job.comment, record = lease, stop = function() return lease:heed() end,
    on_item = function(item)
      if PASSING[item.verdict] then problem = problem or item.error end
    end })
  if not went then return report end
  return problem or not report and err or nil
end

-- Keeps why a job failed for now, for GET /cancel/JOB, GET /status and the log.
local function note_failure(name, job, lease, err)
  local message = tostring(err)
  ngx.log(ngx.ERR, "job ", name, ": ", message, "; trying again in ", REST, " s")
  kept:safe_set("failure", padded { job = name, message = message:sub(1, SIZE / 2),
                                    at = ngx.time() })
  local noted, problem = pcall(lease.failed, lease, job.ids, err)
  if not noted then ngx.log(ngx.ERR, "job ", name, ": ", tostring(problem)) end
end

-- Does what is left of a job, unless another worker is at it.
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

-- }}

-- How many jobs are open.
function jobs.count()
  local count = 0
  for _, key in ipairs(open:get_keys(0)) do
    if not key:find "^lease " then count = count + 1 end
  end
  return count
end

-- Why the last job that ended or rests failed: { job, message, at } | nil: it did not.
function jobs.failure()
  local failure = cjson.decode(kept:get "failure" or "")
  return failure and failure.job and failure or nil
end

-- Looks all along for jobs that nobody does.
function jobs.start(client)
  kept:safe_add("failure", padded {})  -- it has its room from the beginning, too
  assert(ngx.timer.every(LOOK, function(premature)
    if premature then return end
    for _, key in ipairs(open:get_keys(0)) do
      if not key:find "^lease " and not open:get("lease " .. key) then jobs.drive(client, key) end
    end
  end))
end

return jobs
