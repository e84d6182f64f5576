-- Checks that a process which says that something failed has met a failure, and audit verify.

local read_command = require "spec.world.model.command"
local time = require "spec.world.model.time"

local REFUSED = { [400] = true, [401] = true, [403] = true }

-- The service, or its sign-in, refused a request of the process.
local function was_refused(world, name)
  for _, request in ipairs(world.requests) do
    local answer = request.answer
    if request.process == name and answer and REFUSED[answer.status] then return true end
  end
  return false
end

local STORE = { busy = true, ["disk full"] = true }
local SHORTEST = 30  -- seconds, of a deadline
local FEW = 3  -- requests; with more, the process may have waited too long

-- The process waited for a slot of the quota until its deadline.
local function has_waited(process)
  return (process.err or ""):find("gave up at the deadline: the quota of", 1, true)
    and (process.ended or 0) - process.began >= SHORTEST
end

-- The process waited for the store as long as its message says, and another one, which may have had
-- the lock, was frozen for all that time.
local function was_locked_out(world, process)
  local waited = tonumber((process.err or ""):match "locked by .- for (%d+) s")
  if not (waited and process.ended) then return false end
  local from = process.ended - waited
  for name, other in pairs(world.observation.processes) do
    if name ~= process.name and other.store == process.store and other.began <= from
      and (other.ended or math.huge) >= process.ended
      and time.running(world, name, process.store, from, process.ended) == 0 then
      return true
    end
  end
  return false
end

local function failed_during(process, answer)
  return answer and (answer.outcome ~= "delivered" or (answer.status or 0) >= 500)
    and answer.at >= process.began and answer.at <= (process.ended or math.huge)
end

-- Each request of the process was answered well, and no store ever failed.
local function has_no_cause(world, name)
  local process = world.observation.processes[name]
  if has_waited(process) or was_locked_out(world, process) then return false end
  if world.observation.is_faulty == false then return true end
  local count = 0
  for _, request in ipairs(world.requests) do
    local answer = request.answer
    if request.store == process.store and failed_during(process, answer) then
      return false  -- the processes of a store hold an operation back together
    end
    if request.process == name then
      count = count + 1
      if not answer or answer.outcome ~= "delivered" or answer.status >= 300 then return false end
    end
  end
  for _, event in ipairs(world.observation.events) do
    if event.kind == "fault" and STORE[event.what] then return false end
  end
  return count > 0 and count <= FEW
end

-- The run of a batch in which the first three items that ended were forbidden sends nothing more.
local function check_forbidden(batch, run, report)
  local number, third = 0, nil
  local rows = {}
  for _, item in ipairs(batch.list) do
    for _, entry in ipairs(item.rows) do
      if entry.row.kind == "ended" and entry.process == run.process and entry.n > run.n
        and entry.row.verdict ~= "changed" then
        rows[#rows + 1] = entry
      end
    end
  end
  table.sort(rows, function(a, b) return a.n < b.n end)
  for _, entry in ipairs(rows) do
    if entry.row.verdict ~= "forbidden" then return end
    number, third = number + 1, entry
    if number == 3 then break end
  end
  if number < 3 then return end
  for _, item in ipairs(batch.list) do
    for _, post in ipairs(item.posts) do
      if post.process == run.process and post.sent > third.at + 2 then
        return report("forbidden", { third.n, post.n },
          "%s sends for %s although its first three items were forbidden", post.process, item.id)
      end
    end
  end
end

return function(world, report)
  for _, name in ipairs(world.process_names) do
    local process = world.observation.processes[name]
    local is_audit = read_command(process.argv).name == "audit verify"
    if process.status == 5 and not was_refused(world, name) then
      report("status", {}, "%s ended with status 5, but nothing was refused", name)
    elseif process.status == 4 and not is_audit and has_no_cause(world, name) then
      report("status", {}, "%s ended with status 4, but nothing failed: %s", name,
        (process.err or ""):sub(-200))
    elseif process.status == 1 and is_audit then
      report("audit verify", {}, "%s finds the audit log altered: %s", name,
        (process.out or "") .. (process.err or ""))
    end
  end
  for _, batch in ipairs(world.all_batches) do
    for _, entry in ipairs(batch.rows) do
      if entry.row.kind == "begun" or entry.row.kind == "resumed" then
        check_forbidden(batch, entry, report)
      end
    end
  end
end
