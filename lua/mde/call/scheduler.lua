-- Moves a client's calls without waiting, and drives them to their end: the only such loop.
--
-- A task is a call, a fetch of a token or a list that reads actions: each has `step` (see
-- mde.call.call). One pass visits the tasks that have something to do, writes their decisions and
-- outcomes to the store in one commit, and only then starts the requests. So nothing is sent
-- before it is recorded.
--
-- A task has something to do if it is new, if answers have come while its request is in flight,
-- if the moment that it waits for has come, or, while it waits for a token or a slot, if another
-- task has made progress. A call that waits for a readback is asleep until `wake`.

local answer = require "mde.service.response"
local callers = require "mde.call.coroutine"
local errors = require "mde.base.errors"
local leader = require "mde.call.leader"

local scheduler = {}

local Scheduler = {}
Scheduler.__index = Scheduler

local SHORTEST, LONGEST = 0.001, 0.05  -- seconds between two looks for an answer
local AGAIN = 0.1  -- seconds until what a failed store did not record is written again
-- Tasks that end or start in a pass, where other work of the process waits for it; and fewer if
-- there are so many tasks that passes follow one another.
local MOST, MANY, FEWER = 20, 50, 8
local LED = 25  -- calls that lengthen that if one thread looks for all

-- A scheduler for a client, which has engine, clock, host, whole, store, quota, readback,
-- closed_error, observe and note_request.
function scheduler.new(client)
  return setmetatable({
    client = client,
    leader = leader.new(client),
    tasks = {},              -- all, the oldest first
    awake = {},              -- those that are not asleep, in the order of their visits
    spare = {},              -- notes of tasks that ended, for new ones
    unwritten = {},          -- tasks that ended in a pass whose commit failed
    store_error = nil,       -- of the last commit, if it failed
    quiet_until = -math.huge,  -- nothing is to be done before, unless an answer comes
    moved_at = -math.huge,   -- when the last pass began
    has_progress = false,    -- a task ended or got an answer since the last pass began
    was_cut = false,         -- the last pass raised an error, and may have lost an answer
  }, Scheduler)
end

-- Tasks

-- Lets a pass visit a task soon.
function Scheduler:wake(task)
  local schedule = task.schedule
  if not schedule then return end
  schedule.due = -math.huge
  if schedule.is_asleep then
    self.awake[#self.awake + 1] = task
    schedule.is_asleep = false
  end
  self.quiet_until = -math.huge
end

-- The notes of a task: `due` is the moment of its next visit; `request` is the one that was
-- started last, at `started_at`; `refusal` is the engine's error if it was not; `flight` is the
-- engine's id of it, which the engine sets, since these notes own the request.
local function append(self, task)
  local schedule = table.remove(self.spare) or { due = false, is_asleep = false, request = false,
    started_at = false, refusal = nil, flight = false }
  schedule.is_asleep = true
  task.schedule = schedule
  self.tasks[#self.tasks + 1] = task
  self:wake(task)
end

-- Forgets a task that has ended, once it is in no list.
local function release(self, task)
  local schedule = task.schedule
  task.schedule = false
  schedule.request, schedule.refusal, schedule.flight = false, nil, false
  self.spare[#self.spare + 1] = schedule
end

-- Takes a task, unless the client was closed.
function Scheduler:add(task)
  local err = self.client:closed_error()
  if err then return task:fail(err) end
  self.client.whole(append, self, task)
end

-- Removes a task from a list. -> task | nil if it is not there
local function remove(list, task)
  for i = 1, #list do
    if list[i] == task then return table.remove(list, i) end
  end
end

-- Visits all tasks in the next pass.
local function wake_all(self)
  local awake = {}
  for i, task in ipairs(self.tasks) do
    task.schedule.is_asleep, task.schedule.due = false, -math.huge
    awake[i] = task
  end
  self.awake = awake
end

-- A pass: decisions

-- Records the end of a request, for the observer.
local function note(client, task, now, response, err)
  if not client.on_request then return end
  local schedule = task.schedule
  local request = schedule.request
  local host, path = request.url:match "^%a+://([^/?#]+)([^?#]*)"
  client:note_request {
    method = request.method, host = host, path = path, operation = task.operation,
    status = response and response.status, error = err and errors.new(err),
    request_id = response and answer.request_id(response), seconds = now - schedule.started_at,
  }
end

-- The error of a task in flight without a request: an error was raised before its request was
-- started, or after its answer was taken.
local CUT = { code = "lost", message = "interrupted while it was sent", sent = true }

-- Takes a task's answer. -> response | nil, err | false: it has not come
local function receive(client, task, now)
  local schedule = task.schedule
  local flight, refusal = schedule.flight, schedule.refusal
  schedule.refusal = nil
  if not flight then return nil, refusal or task.in_flight and CUT or nil end
  local response, err = client.engine:take(flight)
  if response == false then return false end
  schedule.flight = nil
  note(client, task, now, response, err)
  return response, err
end

-- Moves a task. A request to start is noted in decided.departures, an ended task in decided.ended.
-- -> whether the task stays awake
local function visit(self, task, now, decided)
  local response, err = receive(self.client, task, now)
  if response == false then return true end
  if task.caller and callers.is_gone(task.caller) then task:withdraw() end
  local what, detail = task:step(now, response, err)
  if response or err or what == "done" then self.has_progress = true end
  if what == "done" then
    decided.ended[#decided.ended + 1] = remove(self.tasks, task)
    if task.caller or task.operation == "token" then self.leader:wake(task) end
    release(self, task)
    return false
  end
  local schedule = task.schedule
  if what == "start" then
    decided.departures[#decided.departures + 1] = task
    schedule.request, schedule.due = detail, math.huge
    return true
  end
  schedule.due, schedule.is_asleep = detail or math.huge, task.question and true or false
  return not schedule.is_asleep
end

-- Moves every task that has something to do; `answers` is how many answers have come, for all clients
-- of the engine. -> the moment of the next pass, unless an answer comes
local function move_all(self, now, answers, decided)
  local awake, i, moment, before = self.awake, 1, math.huge, self.has_progress
  local most = not self.client.host.is_shared and math.huge or #self.tasks > MANY and FEWER or MOST
  self.has_progress = false
  while awake[i] do
    if #decided.departures + #decided.ended >= most then
      self.has_progress = before or self.has_progress
      return now + SHORTEST
    end
    local task = awake[i]
    local schedule = task.schedule
    local flight, is_ready = schedule.flight, answers > 0
    if not flight then
      is_ready = now >= schedule.due
                 or (before or self.has_progress) and now >= task.not_before
    end
    local stays = not is_ready or visit(self, task, now, decided)
    if flight and schedule.flight ~= flight then answers = answers - 1 end
    if not (schedule.flight or task.done) then moment = math.min(moment, schedule.due) end
    if stays then i = i + 1 else table.remove(awake, i) end
  end
  return self.has_progress and now or moment
end

-- A pass: the commit, and the requests

-- Records in one commit what was decided, before any of it is sent. Raises the store's error.
local function write_down(self, decided)
  local client = self.client
  for _, task in ipairs(decided.departures) do
    if task.record and task.encoded.method ~= "GET" then task.record:sent(task) end
  end
  for _, task in ipairs(decided.ended) do
    if task.record then task.record:ended(task) end
  end
  client.quota:flush()
  client.store:commit()
  client.quota:flushed()
  if decided.ended[1] then self.unwritten = {} end
  self.store_error = nil
end

-- Withdrawal

-- Lets other processes try after a probe that was withdrawn: this process may end now, too.
local function tell_others(client)
  local done = pcall(function()
    client.quota:flush()
    client.store:commit()
  end)
  if done then client.quota:flushed() else client.store:rollback() end
end

local function withdraw(self, call, at_once)
  local was_probe = call.probes
  self.has_progress = true  -- its slot may be free for another call
  self:wake(call)
  if not call:withdraw() and at_once then
    local schedule = call.schedule or {}
    if schedule.flight then self.client.engine:abandon(schedule.flight) end
    schedule.flight = nil
    call:abandon(self.client.clock.monotonic())
  end
  if was_probe and not call.probes then tell_others(self.client) end
end

-- Ends a call that is not in flight; if `at_once`, any call.
function Scheduler:withdraw(call, at_once)
  self.client.whole(withdraw, self, call, at_once)
end

-- Ends all tasks. `err()` makes the error of the calls.
function Scheduler:close(err)
  for _, task in ipairs(self.tasks) do
    if not task.withdraw then
      if task.schedule.flight then self.client.engine:abandon(task.schedule.flight) end
    elseif not task.done then
      self:withdraw(task, true)
      task.err = err()
    end
  end
  self.tasks, self.awake = {}, {}
  self.client.whole(self.leader.wake_all, self.leader)
end

-- A pass

-- Sends nothing that was not recorded. If the store has failed and cannot recover, calls that are
-- not in flight end with its error; any other error is raised. -> seconds until the next pass
local function take_back(self, decided, raised)
  self.client.store:rollback()
  self.unwritten = decided.ended  -- the next pass records them
  for _, task in ipairs(decided.departures) do
    if task.take_back then task:take_back() end
  end
  if not (errors.is(raised) and raised.code == "store") then error(raised, 0) end
  local store = self.client.store
  if store.recover then
    local again, problem = store:recover(raised)
    if again then
      wake_all(self)
      return 0
    end
    raised = problem
  end
  self.store_error = raised
  for i = #self.tasks, 1, -1 do
    local task = self.tasks[i]
    if task.fail and not task.in_flight then
      task:fail(raised)
      table.remove(self.tasks, i)
      self.leader:wake(task)
    end
  end
  wake_all(self)
  return AGAIN
end

-- Starts a task's request, which its notes own. -> whether it was started; the next visit receives
-- the refusal
local function start(self, task, now)
  local schedule = task.schedule
  schedule.started_at = now
  local id, err = self.client.engine:start(schedule.request, schedule)
  if id then return true end
  schedule.refusal, schedule.due = err, -math.huge
  return false
end

local function decide(self, now, answers, decided)
  local moment = move_all(self, now, answers, decided)
  write_down(self, decided)
  return moment
end

-- One pass. -> the moment of the next one, unless an answer comes
local function pass(self, now, answers)
  local decided = { departures = {}, ended = self.unwritten }
  local due = self.client.readback:step(now)
  local ok, result = pcall(decide, self, now, answers, decided)
  if not ok then return now + take_back(self, decided, result) end
  local moment = math.min(result, due)
  for _, task in ipairs(decided.departures) do
    if not start(self, task, now) then moment = now end
  end
  -- A host that waits without looking at the engine would send them only after its pause.
  if decided.departures[1] and self.client.host.is_shared then self.client.engine:step() end
  return moment
end

-- Runs a pass if there is anything to do, or has the leader run it.
local function run(self)
  local now = self.client.clock.monotonic()
  if self.leader:is_there(now) then
    if now >= self.quiet_until then self.leader:prompt() end
    return
  end
  local answers = self.client.engine:step()
  if self.was_cut then
    answers = math.huge
    wake_all(self)
    self.client.readback:recover()
  elseif answers == 0 and now < self.quiet_until then
    return
  end
  self.was_cut = true
  self.quiet_until, self.moved_at = math.huge, now  -- a task may be added or woken meanwhile
  local moment = pass(self, now, answers)
  self.quiet_until = math.min(self.quiet_until, moment)
  self.was_cut = false
end

-- Driving

local function is_in_flight(tasks)
  for _, task in ipairs(tasks) do
    if task.schedule.flight then return true end
  end
  return false
end

-- Moves all tasks as far as they go without waiting. -> seconds until the next step, seconds
-- until something is to be done unless an answer comes (at most 1)
function Scheduler:step()
  self.client.whole(run, self)
  self.client:observe()
  local now = self.client.clock.monotonic()
  local seconds = math.max(0, math.min(self.quiet_until - now, 1))
  if not is_in_flight(self.tasks) then return seconds, seconds end
  local steppers = self.client.host.waiter and math.min(#self.tasks, LED) or #self.tasks
  local pause = math.max(steppers * SHORTEST, (now - self.moved_at) / 2)
  return math.min(pause, LONGEST, seconds), seconds
end

-- Waits as `step` suggests.
function Scheduler:rest(pause, seconds, is_patient)
  if seconds > 0 or self.leader:is_there(self.client.clock.monotonic()) then
    self.leader:wait(pause, seconds, is_patient)
  end
end

-- Seconds until a step has something to do, unless an answer comes; nil: never.
function Scheduler:timeout()
  local due = math.max(0, self.quiet_until - self.client.clock.monotonic())
  local seconds = math.min(due, self.client.engine:timeout() or math.huge)
  return seconds < math.huge and seconds or nil
end

-- Steps until there is nothing left to do. `before()` is called before each step. -> true: nothing
-- is left. `after()`, if given, is called after each. -> "over": nothing is left; "again": step
-- again without a rest. `is_patient`: `before` need not be called each second.
function Scheduler:drive(before, after, is_patient)
  while not before() do
    local pause, seconds = self:step()
    local result = after and after()
    if result == "over" then break end
    if result ~= "again" then self:rest(pause, seconds, is_patient) end
  end
  self.leader:hand_over()
end

-- Tries once more to record the tasks that ended in a pass whose commit failed.
function Scheduler:write_rest()
  if not self.unwritten[1] then return end
  self.quiet_until = -math.huge
  self:step()
end

return scheduler
