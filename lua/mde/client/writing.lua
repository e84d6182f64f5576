-- Makes calls that write and, if the answer was lost, read whether anything is left to do.
--
-- For requests that do no harm if they are repeated.

local calls = require "mde.call.call"
local errors = require "mde.base.errors"
local retry = require "mde.base.retry"

local writing = {}

-- A call that writes. `question` { operation, arguments, read, accepted, nothing } reads the result
-- back, and `is_done(value)` tells whether that is as wanted (true, or the part of it that is). The
-- call's value is what `accepted` returns for the answer to the write, or what was read.
-- -> call | nil, err
function writing.call(client, operation, arguments, question, is_done)
  local writes, write_err = 0, nil

  local function pause(call, now)
    return now + retry.delay(writes, call.client.random)
  end

  local function look(call, now, err)
    write_err = err
    call:continue_with(question.operation, question.arguments, pause(call, now))
  end

  local function written(call, now, response, err)
    writes = writes + 1
    local value, problem
    if not err then value, problem = question.accepted(response) end
    if value then return call:finish(value) end
    if problem or err.sent or write_err then return look(call, now, problem or err) end
    call:finish(nil, err)
  end

  local read = calls.parsing(question.read, function(call, now, _, value, err)
    if err and err.code == "not_found" then value = question.nothing end
    local done = value and is_done(value)
    if done then return call:finish(done == true and value or done) end
    local may_repeat = value and write_err.sent and writes < retry.attempts
    if not may_repeat then return call:finish(nil, write_err) end
    call:continue_with(operation, arguments, pause(call, now))
  end)

  local call, err = calls.new(client, operation, arguments, function(call, now, response, err)
    if call.operation == operation then return written(call, now, response, err) end
    read(call, now, response, err)
  end)
  if not call then return nil, err end
  function call.read_first()
    call.reached, write_err = true, errors.new { code = "lost", sent = true,
      message = "sent before, and its answer was not seen" }
    call:continue_with(question.operation, question.arguments, -math.huge)
  end
  return call
end

return writing
