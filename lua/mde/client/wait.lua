-- Waits for actions to end: the method `wait` of a client.
--
-- Pauses between two reads grow from five seconds to a minute, or are `every` seconds. Calls that
-- wait read together, forty actions per list call (mde.call.readback).

local calls = require "mde.call.call"
local core = require "mde.core"
local duration = require "mde.base.duration"
local errors = require "mde.base.errors"
local judge = require "mde.call.cancel"
local kinds = require "mde.service.kinds"
local retry = require "mde.base.retry"

local FIRST, LONGEST = 5, 60  -- seconds
local TIMEOUT = 3600          -- the default, in seconds

-- Errors after which the next read may succeed.
local PASSING = { connection = true, timeout = true, lost = true, service = true,
                  bad_answer = true }

local waiting = {}

-- The moment of the next read. Calls that wait together read at multiples of the pause.
local function next_look(call, now)
  local own = call.wait
  local pause = own.every or math.min(FIRST * 2 ^ own.looks, LONGEST)
  own.looks = own.looks + 1
  if #call.client.scheduler.tasks == 1 then return now + pause end
  return (math.floor(now / pause) + 1) * pause
end

local function too_late(call, action)
  call:finish(nil, errors.new {
    code = "deadline",
    message = ("the action is still %s after %s"):format(action.status,
      duration.text(call.wait.timeout)) })
end

-- The action cannot be read. If it was read before, transient errors are waited out.
local function unread(call, now, err)
  if err.code == "not_found" and judge.looks_again(call, now) then return end
  local deadline = call.wait.seen and call.wait.began + call.wait.timeout
  local first = now + retry.least(err)
  if deadline and PASSING[err.code] and first < deadline and not call.leaving then
    return call:look_up(math.max(first, math.min(next_look(call, now), deadline)))
  end
  call:finish(nil, err)
end

-- The action was read, by this call or by the readback.
local on_answer = calls.parsing(calls.parse_action, function(call, now, _, action, err)
  if not action then return unread(call, now, err) end
  local own = call.wait
  own.began, own.seen = own.began or now, action
  if kinds.final[action.status] then return call:finish(call.client.read(action)) end
  if call.leaving then return call:leave(call:standing()) end
  local deadline = own.began + own.timeout
  if now >= deadline then return too_late(call, action) end
  call:look_up(math.min(next_look(call, now), deadline))
end)

local function seconds(options, name, default)
  local value = options[name]
  if value == nil then return default end
  local parsed = duration.parse(value)
  if parsed and parsed > 0 then return parsed end
  return errors.invalid("wait: %s: '%s' is not a duration such as 10m", name, tostring(value))
end

-- -> call | nil, err
local function waiter(client, target, timeout, every)
  local id = type(target) == "table" and target.id or target
  if type(id) ~= "string" then
    return errors.invalid("wait: an action's id must be text, not a %s", type(id))
  end
  id = core.operation.guid(id) or id
  local call, err = calls.new(client, "get", { id = id }, on_answer, { wait = {
    timeout = timeout,  -- seconds to wait at most, from the first read
    every = every,      -- seconds between two reads; nil: growing pauses
    looks = 0,          -- counts the pauses
    began = nil,        -- when the action was first read
    seen = nil,         -- the action as it was last read
  } })
  if not call then return nil, err end
  call.ends_at = client.clock.monotonic() + timeout + client.request_timeout
  call:look_up(-math.huge)
  return call
end

-- The result of a call. Without value and error, it was stopped, or the action was not read in time.
local function item_of(call)
  local action, err = call.value, call.err
  if not action and not err and call.client.clock.monotonic() >= call.ends_at then
    err = errors.new { code = "deadline", operation = "get", id = call.id,
      message = ("the service could not be asked about the action within %s"):format(
        duration.text(call.wait.timeout)) }
  elseif not action and not err then
    err = errors.new { code = "interrupted", message = "interrupted while waiting for the action" }
  end
  if not action and call.wait.seen then
    action = call.client.read(call.wait.seen)
    err.action = action
  end
  return { id = call.id, action = action, error = err }
end

local function wait_for_all(client, targets, timeout, every)
  local list, items = {}, {}
  for i, target in ipairs(targets) do
    local call, err = waiter(client, target, timeout, every)
    if not call then return nil, err end
    list[i] = call
  end
  client:finish(list)
  for i, call in ipairs(list) do
    items[i] = item_of(call)
  end
  return items
end

--- Waits until an action is final, or each of an array of actions. One list call reads many. The
--- given action does not change; its new state is returned.
---
---     local action, err = client:wait(id, { timeout = "10m" })
---@param target string|mde.action|(string|mde.action)[]
---@param options? {timeout?: number|string} seconds, or "10m"; default an hour
---@return mde.action|{id: string, action?: mde.action, error?: mde.error}[]|nil action or, of an array, an array in the same order
---@return mde.error? err code "deadline" if that took longer, "interrupted" if it was stopped; err.action is the action as last read
function waiting:wait(target, options)
  options = options or {}
  errors.check_keys("wait", options, { timeout = true, every = true })
  local timeout, every, err
  timeout, err = seconds(options, "timeout", TIMEOUT)
  if not timeout then return nil, err end
  every, err = seconds(options, "every", nil)
  if err then return nil, err end
  local is_one = type(target) ~= "table" or target.id ~= nil
  if target == nil then return errors.invalid "wait: which action? An id or an action is needed" end
  if not is_one and not errors.is_array(target) then
    return errors.invalid "wait: an array of ids or actions is needed, without holes"
  end
  local items
  items, err = wait_for_all(self, is_one and { target } or target, timeout, every)
  if not items then return nil, err end
  if not is_one then return items end
  if items[1].error then return nil, items[1].error end
  return items[1].action
end

return waiting
