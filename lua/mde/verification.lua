-- Reads what became of actions whose cancels left it open: many by one list call,
-- since reads have a quota too.
--
-- A call asks and waits; who steps the client moves the reading on. What asks at about
-- the same time goes out together, 40 ids at most. The service may refuse a filter (400):
-- then it gets half of it, one try at a time, and where it refuses even a single id,
-- each call reads its own action from then on. So does a call whose action a list lacks,
-- or that is alone.

local answer = require "mde.answer"
local calls = require "mde.call"
local odata = require "mde.odata"

local verification = {}

local MOST = 40      -- ids in one filter
local GATHER = 0.25  -- seconds for which a question waits for others

local Verification = {}
Verification.__index = Verification

-- Asks about an action, not before `moment`. -> a question: once it is `done` it has
-- `action` and the `response` that it came in, or neither.
function Verification:ask(id, moment)
  local question = { id = id, moment = moment, done = false }
  self.waiting[#self.waiting + 1] = question
  self.client.quiet_until = -math.huge
  return question
end

-- Ends a question without an answer: the call is to read for itself.
local function leave(question)
  question.done = true
end

-- {{ One list call

local function ids_of(questions)
  local ids = {}
  for i, question in ipairs(questions) do ids[i] = odata.text(question.id) end
  return "id in (" .. table.concat(ids, ",") .. ")"
end

local function distribute(questions, response, actions)
  local by_id = {}
  for _, action in ipairs(actions) do by_id[action.id:lower()] = action end
  for _, question in ipairs(questions) do
    question.action, question.response, question.done = by_id[question.id], response, true
  end
end

-- The service refuses the filter: halves are asked next.
function Verification:halve(questions)
  self.in_doubt = true
  self.most = math.min(self.most, math.floor(#questions / 2))
  for _, question in ipairs(questions) do self.waiting[#self.waiting + 1] = question end
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
        return distribute(questions, response, actions)
      end
      if err and err.code == "bad_request" then return self:halve(questions) end
      for _, question in ipairs(questions) do leave(question) end
    end))
  self.trial = self.in_doubt and call
  self.lists[#self.lists + 1] = { call = call, questions = questions }
  self.client:add(call)
end

-- Lists that ended without an answer, since signing in or the store failed: each call is
-- to read for itself, and to fail with that.
function Verification:tidy()
  for i = #self.lists, 1, -1 do
    local list = self.lists[i]
    if list.call.done then
      table.remove(self.lists, i)
      if not list.call.judged then
        for _, question in ipairs(list.questions) do leave(question) end
      end
    end
  end
end

-- }}

-- Sends what is due. -> the moment at which something will be
function Verification:step(now)
  self:tidy()
  local due, later, first = {}, {}, math.huge
  for _, question in ipairs(self.waiting) do
    if question.moment <= now then due[#due + 1] = question else later[#later + 1] = question end
    first = math.min(first, question.moment)
  end
  if #due == 0 then return first end
  if self.trial and not self.trial.done then return math.huge end
  local others = #self.client.tasks > #due
  if others and #due < self.most and now < first + GATHER then return first + GATHER end
  self.waiting = later
  if self.most == 0 or #due == 1 then
    for _, question in ipairs(due) do leave(question) end
    return now
  end
  repeat
    local group = {}
    for _ = 1, math.min(self.most, #due) do group[#group + 1] = table.remove(due) end
    self:send(group)
  until #due == 0 or self.in_doubt
  for _, question in ipairs(due) do later[#later + 1] = question end
  return now
end

function verification.new(client)
  return setmetatable({ client = client, waiting = {}, lists = {}, most = MOST, in_doubt = false,
                        trial = false }, Verification)
end

return verification
