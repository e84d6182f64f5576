-- Reads actions whose calls left their outcome open, forty per list call: reads have a quota too.
--
-- A call asks and waits; the client's scheduler moves the reading on. Questions of about the same
-- time are read together. If the service refuses a filter (400), half as many ids are tried, one
-- list at a time; if it refuses a single id, each call reads its own action from then on. A call
-- also does so if its action is not in the list, or if it is the only one. At most `parallel` such
-- reads and lists run at once.

local answer = require "mde.service.response"
local calls = require "mde.call.call"
local odata = require "mde.service.odata"

local readback = {}

local MOST = 40      -- ids in one filter
local GATHER = 0.25  -- seconds for which a question waits for others
local PARALLEL = 10

local Readback = {}
Readback.__index = Readback

-- Asks for a call about its action (call.asked_id), not before `moment`. -> a question. Once it is
-- `done`, it has the `response`, and `action` or is_missing (the list lacks an action that was not
-- found before either); or none of these, if the call must read the action itself.
function Readback:ask(call, moment)
  local question = { id = call.asked_id, call = call, moment = moment, done = false }
  self.waiting[#self.waiting + 1] = question
  self.client.scheduler:wake(call)
  return question
end

-- Allows this many reads and lists at once.
function Readback:limit(parallel)
  self.parallel = parallel
end

-- Ends a question.
function Readback:close(question)
  question.done = true
  self.client.scheduler:wake(question.call)
end

-- One list call

local function filter_of(questions)
  local ids = {}
  for i, question in ipairs(questions) do ids[i] = odata.text(question.id) end
  return "id in (" .. table.concat(ids, ",") .. ")"
end

-- Lets each call read its own action, when `parallel` allows.
function Readback:read_alone(questions)
  for _, question in ipairs(questions) do
    question.is_alone = true
    self.waiting[#self.waiting + 1] = question
  end
end

-- Answers questions from a list of actions. An action that is not there is read alone, unless it
-- was not found before either.
function Readback:distribute(questions, response, actions)
  local by_id, missing = {}, {}
  for _, action in ipairs(actions) do by_id[action.id:lower()] = action end
  for _, question in ipairs(questions) do
    local action = by_id[question.id]
    if action or question.call.missed_at and not actions.has_more then
      question.action, question.is_missing = action, not action
      question.response = response
      self:close(question)
    else
      missing[#missing + 1] = question
    end
  end
  self:read_alone(missing)
end

-- The service refuses the filter: the next lists have half as many ids.
function Readback:halve(questions)
  self.in_doubt = true
  self.most = math.min(self.most, math.floor(#questions / 2))
  for _, question in ipairs(questions) do self.waiting[#self.waiting + 1] = question end
end

-- Judges the answer to a list call: see mde.call.call.
local function on_list(self, list, call, response, actions, err)
  list.is_judged = true
  call:finish(nil, err)
  if actions then
    self.in_doubt = false
    self:distribute(list.questions, response, actions)
  elseif err and err.code == "bad_request" then
    self:halve(list.questions)
  else
    self:read_alone(list.questions)
  end
end

-- Sends one list call for these questions.
function Readback:send(questions)
  local list = { questions = questions, is_judged = false }
  local query = odata.query { { "$filter", filter_of(questions) }, { "$top", #questions } }
  list.call = assert(calls.new(self.client, "list", { query = query },
    calls.parsing(answer.actions, function(call, _, response, actions, err)
      on_list(self, list, call, response, actions, err)
    end)))
  self.trial = self.in_doubt and list.call
  self.lists[#self.lists + 1] = list
  self.client.scheduler:add(list.call)
end

-- Asks again the questions that were lost when an error was raised in a pass.
function Readback:recover()
  local tasks = self.client.scheduler.tasks
  local moving, known, lists = {}, {}, {}
  for _, task in ipairs(tasks) do moving[task] = true end
  for _, question in ipairs(self.waiting) do known[question] = true end
  for _, list in ipairs(self.lists) do
    if moving[list.call] then
      lists[#lists + 1] = list
      for _, question in ipairs(list.questions) do known[question] = true end
    end
  end
  self.lists, self.trial = lists, moving[self.trial] and self.trial or false
  for _, task in ipairs(tasks) do
    local question = task.question
    if question and not (question.done or known[question]) then
      self.waiting[#self.waiting + 1] = question
    end
  end
end

-- Withdraws a list that has to wait although all its calls are leaving.
local function give_up(self, list)
  if list.call.in_flight or list.call.done then return end
  for _, question in ipairs(list.questions) do
    if not question.call.leaving then return end
  end
  self.client.scheduler:withdraw(list.call)
end

-- Forgets calls that have read. If a list ended without an answer, since signing in or the store
-- failed, each of its calls reads for itself, and fails with the same error.
function Readback:tidy()
  for i = #self.readers, 1, -1 do
    local call = self.readers[i]
    if call.done or call.question or call.operation ~= "get" then table.remove(self.readers, i) end
  end
  for i = #self.lists, 1, -1 do
    local list = self.lists[i]
    give_up(self, list)
    if list.call.done then
      table.remove(self.lists, i)
      if not list.is_judged then self:read_alone(list.questions) end
    end
  end
end

-- Sorts the questions. -> those to read alone now, those to read by lists now, later ones, the
-- moment of the first of all
local function sort(waiting, now, most)
  local alone, together, later, first = {}, {}, {}, math.huge
  for _, question in ipairs(waiting) do
    local is_due = question.moment <= now
    local into = not is_due and later or (question.is_alone or most == 0) and alone or together
    into[#into + 1] = question
    first = math.min(first, question.moment)
  end
  if #together == 1 and #alone == 0 then alone, together = together, {} end
  return alone, together, later, first
end

-- Reads as many of these as `parallel` allows, and adds the others to `later`.
function Readback:read(alone, together, later)
  local room = self.parallel - #self.lists - #self.readers
  while alone[1] and room > 0 do
    local question = table.remove(alone)
    self.readers[#self.readers + 1] = question.call
    self:close(question)
    room = room - 1
  end
  while together[1] and room > 0 and not (self.trial and not self.trial.done) do
    local group = {}
    for _ = 1, math.min(self.most, #together) do group[#group + 1] = table.remove(together) end
    self:send(group)
    room = room - 1
  end
  for _, rest in ipairs { alone, together } do
    for _, question in ipairs(rest) do later[#later + 1] = question end
  end
end

-- Sends the reads that are due. -> the moment of the next step
function Readback:step(now)
  self:tidy()
  if not self.waiting[1] then return math.huge end
  local alone, together, later, first = sort(self.waiting, now, self.most)
  local count = #alone + #together
  if count == 0 then return first end
  local has_room = #self.lists + #self.readers < self.parallel
  if not has_room or #alone == 0 and self.trial and not self.trial.done then return math.huge end
  local others = #self.client.scheduler.tasks > count
  if others and count < self.most and now < first + GATHER then return first + GATHER end
  self.waiting = later
  self:read(alone, together, later)
  return now
end

function readback.new(client)
  return setmetatable({
    client = client,
    waiting = {},      -- questions that no list or call reads yet
    lists = {},        -- list calls under way: { call, questions, is_judged }
    readers = {},      -- calls that read for themselves
    most = MOST, parallel = PARALLEL,
    in_doubt = false,  -- the service has refused a filter, and answered none since
    trial = false,     -- the list call that tries a smaller filter
  }, Readback)
end

return readback
