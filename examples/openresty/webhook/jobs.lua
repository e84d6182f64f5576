-- Jobs: what a webhook was promised to have cancelled.
--
-- A job is kept in the dictionary mde_jobs, shared by nginx's workers, until a day after it
-- came: what is to be done, what was sent, what came of it. The worker that does it holds a
-- lease in mde_open; where the lease ends because the worker died or is being replaced,
-- another worker goes on, and reads first what had been sent. So a job outlives its client, a
-- reload and a worker, but no restart of nginx.

local cjson = require "cjson.safe"
local core = require "mde.core"
local errors = require "mde.errors"

local jobs = {}

local DAY = 86400
local LEASE = 5   -- seconds; renewed all along
local LOOK = 2    -- seconds between two looks for jobs that nobody does
local REST = 30   -- seconds until what could not be done is tried again

local kept, open = ngx.shared.mde_jobs, ngx.shared.mde_open

-- {{ What is kept of a job

local function fail(message)
  error(errors.new { code = "store", message = message }, 0)
end

-- Keeps a value. Raises where there is no room, so that nothing is sent that is not noted.
local function keep(key, value)
  local done, problem = kept:safe_set(key, cjson.encode(value), DAY)
  if not done then fail("the dictionary mde_jobs: " .. problem) end
end

local function kept_of(key) return cjson.decode(kept:get(key) or "") end

-- A job of these ids. Where one of this name has come before, that one. `name` nil: a new one.
-- -> name | nil, "full" or "other" (one of this name is another job)
function jobs.add(name, ids, comment)
  name = name or core.random_guid()
  local text = cjson.encode { ids = ids, comment = comment }
  local added, problem = kept:safe_add("job " .. name, text, DAY)
  if problem == "exists" then return kept:get("job " .. name) == text and name or nil, "other" end
  if added and open:safe_set(name, true, DAY) then return name end
  kept:delete("job " .. name)
  return nil, "full"
end

-- How a job stands. -> { job, state = "open" or "done", items = { { id, verdict, … }, … } } | nil
function jobs.look(name)
  local job = kept_of("job " .. name)
  if not job then return nil end
  local items, left = {}, 0
  for i, id in ipairs(job.ids) do
    items[i] = kept_of(("done %s %d"):format(name, i)) or { id = id }
    if not items[i].verdict then left = left + 1 end
  end
  return { job = name, state = left > 0 and "open" or "done", items = items }
end

-- }}

-- {{ Doing one

-- What is left of a job, as targets of client:cancel_all.
local function targets_of(name, job)
  local targets = {}
  for i, id in ipairs(job.ids) do
    local key = ("%s %d"):format(name, i)
    local sent = kept_of("sent " .. key)
    if not kept:get("done " .. key) then
      targets[#targets + 1] = { id = id, key = key, read_first = sent and true, sends = sent }
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

-- Notes what is sent before it leaves.
function Lease:sent(call)
  if not self:is_ours() then fail "another worker does this job" end
  local key = "sent " .. call.target.key
  local sends = kept_of(key) or {}
  sends[#sends + 1] = ngx.now()
  keep(key, sends)
end

function Lease:ended(call)
  if PASSING[call.verdict] then return end
  local err = call.err
  keep("done " .. call.target.key, {
    id = call.id, verdict = call.verdict, status = call.value and call.value.status,
    error = err and { code = err.code, message = tostring(err) },
  })
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

-- -> lease | nil: another worker has it
local function lease_of(name)
  local lease = setmetatable({ key = "lease " .. name, mine = core.random_guid() }, Lease)
  return open:safe_add(lease.key, lease.mine, LEASE) and lease or nil
end

-- Does what is left of a job, unless another worker is at it.
function jobs.drive(client, name)
  local job = kept_of("job " .. name)
  if not job then return open:delete(name) end
  local lease = lease_of(name)
  if not lease then return end
  local went, report, err = pcall(client.cancel_all, client, targets_of(name, job), {
    comment = job.comment, record = lease, stop = function() return lease:heed() end })
  if not (went and report) then
    ngx.log(ngx.ERR, "job ", name, ": ", tostring(went and err or report))
  end
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

-- Looks all along for jobs that nobody does.
function jobs.start(client)
  assert(ngx.timer.every(LOOK, function(premature)
    if premature then return end
    for _, key in ipairs(open:get_keys(0)) do
      if not key:find "^lease " and not open:get("lease " .. key) then jobs.drive(client, key) end
    end
  end))
end

return jobs
