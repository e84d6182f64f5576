-- Reads what became of actions whose cancels left it open: many by one list call,
-- since reads have a quota too.
--
-- A call asks and waits; who steps the client moves the reading on. What asks at about
-- the same time goes out together, 40 ids at most. The service may refuse a filter (400):
-- then it gets half of it, one try at a time, and where it refuses even a single id,
-- each call reads its own action from then on. So does a call whose action a list lacks,
-- or that is alone. At most `parallel` of these reads and lists are under way at once.

local answer = require "mde.service.response"
local calls = require "mde.call.call"
local odata = require "mde.service.odata"

local verification = {}

local MOST = 40      -- ids in one filter
local GATHER = 0.25  -- seconds for which a question waits for others
local PARALLEL = 10

local Verification = {}
Verification.__index = Verification

-- Asks for a call about its action, not before `moment`. -> a question: once it is `done` it
-- has the `response`, and `action` or is_missing (the list lacks an action that was not found
-- before), or none of these.
function Verification:ask(call, moment)
  local question = { id = call.asked_id, call = call, moment = moment, done = false }
  self.waiting[#self.waiting + 1] = question
  self.client.quiet_until = -math.huge
  return question
end

-- Ends a question without an answer: the call is to read for itself.
function Verification:leave(question)
  question.done = true
  self.readers[#self.readers + 1] = question.call
end

-- {{ One list call

local function ids_of(questions)
  local ids = {}
  for i, question in ipairs(questions) do ids[i] = odata.text(question.id) end
  return "id in (" .. table.concat(ids, ",") .. ")"
end

-- Hands out the actions of a list. An action that is not there is read alone, unless it was
-- not found before either.
function Verification:distribute(questions, response, actions)
  local by_id = {}
  for _, action in ipairs(actions) do by_id[action.id:lower()] = action end
  for _, question in ipairs(questions) do
    local action = by_id[question.id]
    if action or question.call.missed_at and not actions.has_more then
      question.action, question.is_missing = action, not action
      question.response, question.done = response, true
    else
      question.is_alone = true
      self.waiting[#self.waiting + 1] = question
    end
  end
end

-- The service refuses the filter: halves are asked next.
function Verification:halve(questions)
  self.in_doubt = true
  self.most = math.min(self.most, math.floor(#questions / 2))
  for _, question in ipairs(questions) do self.waiting[#self.waiting + 1] = question end
end

-- Has each read by its own call, when there is room.
function Verification:read_alone(questions)
  for _, question in ipairs(questions) do
    question.is_alone = true
    self.waiting[#self.waiting + 1] = question
  end
  self.client.quiet_until = -math.huge
end

-- Sends one list call for these.
function Verification:send(questions)
  local query = odata.query { { "$filter", ids_of(questions) }, { "$top", #questions } }
  local call = assert(calls.new(self.client, "list", { query = query },
    function(call, now, response, err)
      local actions, problem
      if not err then actions, problem = answer.actions(response) end
      if problem and call:try_again(now, response) then return end
      call.judged = true
      call:finish(nil, err or problem)
      if actions then
        self.in_doubt = false
        return self:distribute(questions, response, actions)
      end
      if err and err.code == "bad_request" then return self:halve(questions) end
      self:read_alone(questions)
    end))
  self.trial = self.in_doubt and call
  self.lists[#self.lists + 1] = { call = call, questions = questions }
  self.client:add(call)
end

-- Asks again what an error that was raised in a pass has lost.
function Verification:recover()
  local moving, known, lists = {}, {}, {}
  for _, task in ipairs(self.client.tasks) do moving[task] = true end
  for _, question in ipairs(self.waiting) do known[question] = true end
  for _, list in ipairs(self.lists) do
    if moving[list.call] then
      lists[#lists + 1] = list
      for _, question in ipairs(list.questions) do known[question] = true end
    end
  end
  self.lists, self.trial = lists, moving[self.trial] and self.trial or false
  for _, task in ipairs(self.client.tasks) do
    local question = task.question
    if question and not (question.done or known[question]) then
      self.waiting[#self.waiting + 1] = question
    end
  end
end

-- Forgets the calls that have read. Of lists that ended without an answer, since signing in
-- or the store failed, each call is to read for itself, and to fail with that.
function Verification:tidy()
  for i = #self.readers, 1, -1 do
    local call = self.readers[i]
    if call.done or call.question or call.operation ~= "get" then table.remove(self.readers, i) end
  end
  for i = #self.lists, 1, -1 do
    local list = self.lists[i]
    if list.call.done then
      table.remove(self.lists, i)
      if not list.call.judged then self:read_alone(list.questions) end
    end
  end
end

-- }}

-- Takes what is due out of `waiting`. -> what is read alone, what is read by lists, others, the
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

-- Reads of these as many as there is room for. The others go to `later`.
function Verification:read(alone, together, later)
  local room = self.parallel - #self.lists - #self.readers
  while alone[1] and room > 0 do
    self:leave(table.remove(alone))
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

-- Sends what is due. -> the moment at which something will be
function Verification:step(now)
  self:tidy()
  local alone, together, later, first = sort(self.waiting, now, self.most)
  local count = #alone + #together
  if count == 0 then return first end
  local has_room = #self.lists + #self.readers < self.parallel
  if not has_room or #alone == 0 and self.trial and not self.trial.done then return math.huge end
  local others = #self.client.tasks > count
  if others and count < self.most and now < first + GATHER then return first + GATHER end
  self.waiting = later
  self:read(alone, together, later)
  return now
end

function verification.new(client)
  return setmetatable({ client = client, waiting = {}, lists = {}, readers = {}, most = MOST,
                        parallel = PARALLEL, in_doubt = false, trial = false }, Verification)
end

return verification
