-- Sends many actions to a worker before it answers; answers come in order.

local MOST, LEAST = 256, 128  -- waiting items: at MOST, takes answers until LEAST remain

local pipeline = {}

local Pipeline = {}
Pipeline.__index = Pipeline

-- Creates a pipeline that calls answer(item, decision, reason) for each item.
function pipeline.new(worker, answer)
  return setmetatable({ worker = worker, answer = answer, asked = {}, first = 1, last = 0 },
    Pipeline)
end

-- Takes answers until at most `least` items wait. -> nil | err
function Pipeline:take(least)
  while self.last - self.first + 1 > least do
    local decision, reason, err = self.worker:receive()
    if err then return err end
    local item = self.asked[self.first]
    self.asked[self.first], self.first = nil, self.first + 1
    self.answer(item, decision, reason or "")
  end
end

-- Sends one item. -> nil | err | nil, the reason why it can't be sent (text)
function Pipeline:put(item, machine)
  if self.last - self.first + 1 >= MOST then
    local err = self:take(LEAST)
    if err then return err end
  end
  local done, problem = pcall(self.worker.send, self.worker, item.action, machine)
  if not done then return nil, (tostring(problem):gsub("^[^ ]*:%d+: ", "")) end
  self.last = self.last + 1
  self.asked[self.last] = item
end

-- Takes all remaining answers. -> nil | err
function Pipeline:take_all()
  return self:take(0)
end

return pipeline
