-- A pass: what is going for a client is moved as far as it goes without waiting.
--
-- It has three parts, so that nothing leaves before it is written down: every task
-- decides what it does next; what was decided and what has ended goes to the store in
-- one commit; and only then the requests go out. A task is a call, a token being
-- fetched or a list that verifies: they step alike (see mde.call.call).

local answer = require "mde.service.response"
local callers = require "mde.call.coroutine"
local errors = require "mde.base.errors"

local pass = {}

-- Notes what came of a request, for the observer.
local function note(client, task, now, response, err)
  if not client.on_request then return end
  local request = task.request
  local host, path = request.url:match "^%a+://([^/?#]+)([^?#]*)"
  client.records[#client.records + 1] = {
    method = request.method, host = host, path = path, operation = task.operation,
    status = response and response.status, error = err and errors.new(err),
    request_id = response and answer.request_id(response), seconds = now - task.started_at,
  }
end

-- Starts a request, which the task owns: the engine sets task.flight. -> whether it could
-- be; the refusal is received in the next step
local function launch(client, task, request, now)
  task.request, task.started_at = request, now
  local id, err = client.engine:start(request, task)
  task.refusal = err
  return id ~= nil
end

-- A task in flight without a request: something was raised before it started, or after its
-- answer was taken.
local ASTRAY = { code = "lost", message = "interrupted while it was sent", sent = true }

-- What came for a task. -> response | nil, err | false: nothing yet
local function receive(client, task, now)
  local flight, refusal = task.flight, task.refusal
  task.refusal = nil
  if not flight then return nil, refusal or task.in_air and ASTRAY or nil end
  local response, err = client.engine:take(flight)
  if response == false then return false end
  task.flight = nil
  note(client, task, now, response, err)
  return response, err
end

-- Moves one task. -> "start", "done", or "wait" and until when; whether an answer came
local function move(client, task, now)
  local response, err = receive(client, task, now)
  if response == false then return "wait", nil, false end
  if task.caller and callers.is_gone(task.caller) then task:withdraw() end
  local what, detail = task:step(now, response, err)
  return what, detail, response ~= nil or err ~= nil
end

-- Moves every task as far as it goes. What is to be sent is added to decided.departures,
-- what has ended to decided.ended. -> the moment before which nothing is to be done
-- unless an answer comes
local function move_all(client, now, answers, decided)
  local tasks, moment, i = client.tasks, math.huge, 1
  while tasks[i] do
    local task = tasks[i]
    if task.flight and not answers then
      i = i + 1
    else
      local what, detail, moved = move(client, task, now)
      if what == "done" then
        decided.ended[#decided.ended + 1] = table.remove(tasks, i)
      else
        i = i + 1
      end
      if what == "start" then decided.departures[#decided.departures + 1] = { task, detail } end
      if what == "done" or moved then moment = now end  -- others may go on
      if what == "wait" then moment = math.min(moment, detail or math.huge) end
    end
  end
  return moment
end

-- Writes down what was decided, in one commit, before anything of it leaves. Raises
-- what hinders it.
local function write_down(client, decided)
  for _, departure in ipairs(decided.departures) do
    local task = departure[1]
    if task.record and task.encoded.method ~= "GET" then task.record:sent(task) end
  end
  for _, task in ipairs(decided.ended) do
    if task.record then task.record:ended(task) end
  end
  client.quota:flush()
  client.store:commit()
  client.quota:flushed()
  client.unwritten, client.store_failure = {}, nil
end

-- Nothing leaves that could not be written down. If the store is at fault and can't be
-- recovered, all that is not in flight ends with that error; any other error is raised.
local function take_back(client, decided, raised)
  client.store:rollback()
  client.unwritten = decided.ended  -- the next pass tries again
  for _, departure in ipairs(decided.departures) do
    if departure[1].ground then departure[1]:ground() end
  end
  if not (errors.is(raised) and raised.code == "store") then error(raised, 0) end
  if client.store.recover then
    local again, problem = client.store:recover(raised)
    if again then return end
    raised = problem
  end
  client.store_failure = raised
  for i = #client.tasks, 1, -1 do
    local task = client.tasks[i]
    if task.fail and not task.in_air then
      task:fail(raised)
      table.remove(client.tasks, i)
    end
  end
end

-- Moves all, writes it down, and lets it go. -> the moment before which nothing is to be
-- done unless an answer comes
function pass.run(client, now, answers)
  local decided = { departures = {}, ended = client.unwritten }
  local due = client.verification:step(now)
  local ok, result = pcall(move_all, client, now, answers, decided)
  local moment = ok and math.min(result, due)
  if ok then ok, result = pcall(write_down, client, decided) end
  if not ok then
    take_back(client, decided, result)
    return now
  end
  for _, departure in ipairs(decided.departures) do
    if not launch(client, departure[1], departure[2], now) then moment = now end
  end
  return moment
end

return pass
