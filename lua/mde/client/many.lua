-- Carries out many changes: takes targets from an iterator, runs `parallel` calls at once, and
-- reports one verdict per target. Reported items are not kept.
--
-- The batch of a plan has a second lane, of actions to undo: cancels and releases have separate
-- quotas, and neither waits for the other.

local callers = require "mde.call.coroutine"
local errors = require "mde.base.errors"
local verdicts = require "mde.service.verdicts"

local many = {}

local Batch = {}
Batch.__index = Batch

---@class mde.batch_options
---@field comment string the reason; the service keeps it with each action
---@field parallel? integer calls at once; default 10
---@field wait? number seconds to wait for the end of an accepted action; default 0
---@field record? mde.record records the calls in a journal
---@field on_item? fun(item: mde.item) called with each item when it ends
---@field stop? fun(): boolean|"at once"|nil asked again and again: true stops sending and waits for requests in flight, "at once" waits for nothing

---@class mde.target
---@field id string
---@field read_first? boolean it may have been sent before: it is read, and sent again only if it is still open
---@field sends? number[] when it was sent before, in seconds since 1970; empty: not known
---@field sent_ago? number seconds since it was first sent
---@field last_sent_ago? number seconds since it was last sent

-- The functions of a record run in the scheduler's commit (mde.call.scheduler). If one raises an
-- error, nothing is sent.
---@class mde.record
---@field sent fun(self: mde.record, call: table) before a call is sent; call.target is the item that the batch was given
---@field ended fun(self: mde.record, call: table) with call.verdict, call.value (the action), call.err

---@class mde.item
---@field id string
---@field verdict mde.verdict
---@field action? mde.action
---@field status? mde.status
---@field answer? table|string of a request, as client:request returns it; of an upload, the file
---@field machine? string its name, or its id
---@field error? mde.error

---@class mde.report
---@field total integer how many targets were taken
---@field counts table<mde.verdict, integer>
---@field seconds number

-- The options, with their defaults.
many.options = { comment = false, parallel = 10, wait = false, record = false, on_item = false,
                  stop = false }

-- Counting the calls that run

-- Calls that wait for a readback are not busy, except those of a plan that are read before they
-- are sent: the read should not be long before. Of these, a call that waits for its second look
-- does not count.
local function count(self, call)
  local own = call.batch
  if not (own.is_good or call.has_second_look) then self.unanswered = self.unanswered + 1 end
  local expected = call.question and call.cancel and call.cancel.expected
  if call.question and (not expected or call.has_second_look) then
    self.asked = self.asked + 1
  else
    own.lane.busy = own.lane.busy + 1
  end
end

local function count_anew(self)
  self.unanswered, self.asked = 0, 0
  for _, lane in ipairs(self.lanes) do lane.busy = 0 end
end

-- Taking targets

-- An array or iterator -> function that returns one target after the other; duplicates in an array
-- only once.
local function iterator(targets)
  if type(targets) == "function" then return targets end
  local i, seen = 0, {}
  return function()
    while true do
      i = i + 1
      local target = targets[i]
      local id = type(target) == "table" and target.id or target
      if type(id) ~= "string" then return target end
      id = id:lower()
      if not seen[id] then
        seen[id] = true
        return target
      end
    end
  end
end

-- The next target of a lane. -> target | false: none yet | nil: no more
local function next_target(lane)
  local target = lane.pending
  lane.pending = nil
  if target ~= nil then return target end
  return lane.next()
end

-- The targets of the next call: an array. `group`, if given: see many.run. -> array | false | nil
local function next_targets(lane, group)
  local first = next_target(lane)
  if not first then return first end
  local targets, key, most = { first }, nil, 1
  if group then key, most = group(first) end
  while key and #targets < most do
    local other = next_target(lane)
    if not other then break end
    if group(other) ~= key then
      lane.pending = other
      break
    end
    targets[#targets + 1] = other
  end
  return targets
end

-- Records a call for several targets as one call per target.
local function shared(record, targets)
  local function each(method)
    return function(_, call)
      for _, target in ipairs(targets) do
        record[method](record, setmetatable({ target = target, id = target.id },
          { __index = call }))
      end
    end
  end
  return { sent = each "sent", ended = each "ended" }
end

-- Hands out the error of targets that no call can be made for.
function Batch:refuse(targets, err)
  for _, target in ipairs(targets) do
    local id = type(target) == "table" and target.id or target
    self:hand_out { id = id, verdict = "error", error = err }
  end
end

-- Takes the targets of the next call from a lane. If the iterator raises an error, the batch ends
-- after its requests in flight. -> false if there is no target, or none yet (the iterator returned
-- false)
function Batch:take(lane)
  local ok, targets = pcall(next_targets, lane, self.group)
  if not ok then return self:fail(targets) end
  if not targets then
    lane.exhausted = targets == nil
    return false
  end
  local call, err = self.make(targets[1], targets)
  if call == false then return true end
  self.report.total = self.report.total + #targets
  if not call then
    self:refuse(targets, err)
    return true
  end
  call.target, call.targets, call.caller = targets[1], targets, self.caller
  call.record = self.record and targets[2] and shared(self.record, targets) or self.record
  call.batch = { lane = lane, is_reported = false, is_good = false }
  self.live[#self.live + 1] = call
  self.client.scheduler:add(call)
  count(self, call)
  return true
end

-- Reporting items

function Batch:fail(raised)
  self.raised = self.raised or { raised }
  return false
end

function Batch:hand_out(item)
  local counts = self.report.counts
  counts[item.verdict] = (counts[item.verdict] or 0) + 1
  if not self.on_item then return end
  local ok, raised = pcall(self.on_item, item)
  if not ok then self:fail(raised) end
end

-- After these errors every other call would fail too.
local HOPELESS = { sign_in = true, unauthorized = true, store = true }

local NONE = {}

function Batch:conclude(call)
  if call.batch.is_reported then return end
  call.batch.is_reported = true
  local action = call.value
  for _, given in ipairs(call.targets) do
    local target = type(given) == "table" and given or NONE
    local known = action or target
    self:hand_out {
      id = call.targets[2] and target.id or call.id, verdict = call.verdict, error = call.err,
      action = action, status = action and action.status, answer = call.answer,
      machine = known.computerDnsName or target.name or known.machineId,
    }
  end
  if call.err and HOPELESS[call.err.code] then self.stopped = true end
end

-- Counts the calls for which the service works.
local function count_good(self, call, own)
  if not (call.was_answered or call.done and verdicts.settled[call.verdict]) then return end
  own.is_good, self.good = true, self.good + 1
end

-- Hands out the accepted action of a call that waits for its end.
local function hand_out_accepted(self, call, own)
  own.is_accepted = true
  self.on_accepted { id = call.id, verdict = call.accepted_as,
                     action = self.client.read(call.accepted) }
end

-- Reports the calls that have ended. -> whether there are any
function Batch:collect()
  local live, kept = self.live, 0
  local before = #live
  count_anew(self)
  for i = 1, before do
    local call = live[i]
    if not call.batch.is_good then count_good(self, call, call.batch) end
    if call.done then
      self:conclude(call)
    else
      if call.accepted and self.on_accepted and not call.batch.is_accepted then
        hand_out_accepted(self, call, call.batch)
      end
      count(self, call)
      kept = kept + 1
      live[kept] = call
    end
  end
  for i = kept + 1, before do live[i] = nil end
  return kept < before
end

local MOST_ASKED = 4000  -- calls that may wait for a readback
local TRIAL = 10         -- calls that must end well before more run at once

-- Returns how many more calls the lane may run. Until TRIAL calls have ended well, no more than
-- TRIAL run without an answer: so a failing service costs few.
function Batch:room(lane)
  local room = math.min(self.parallel - lane.busy, MOST_ASKED - self.asked)
  return self.good < TRIAL and math.min(room, TRIAL - self.unanswered) or room
end

-- Takes as many targets from a lane as there is room for.
function Batch:fill_lane(lane)
  local room = self:room(lane)
  while room > 0 do
    for _ = 1, room do
      if lane.exhausted or self.stopped or self.raised or not self:take(lane) then return end
    end
    room = self:room(lane)  -- a call that waits for a readback has taken none
  end
end

-- Takes as many targets as there is room for. -> whether there are no more
function Batch:fill()
  local is_over = true
  for _, lane in ipairs(self.lanes) do
    self:fill_lane(lane)
    is_over = is_over and lane.exhausted
  end
  return is_over or self.stopped or self.raised ~= nil
end

-- Sends nothing more; `at_once` also gives up requests in flight.
function Batch:withdraw(at_once)
  for _, call in ipairs(self.live) do self.client.scheduler:withdraw(call, at_once) end
end

function Batch:check_stop()
  local wish = self.stop and self.stop()
  self.stopped = self.stopped or (wish and true or false)
  if self.stopped or self.raised then self:withdraw(wish == "at once") end
end

-- Drives the calls until all have ended and no target is left.
function Batch:drive()
  local scheduler, is_over = self.client.scheduler, false
  scheduler:drive(function()
    self:check_stop()
    is_over = self:fill()
  end, function()
    local has_progress = self:collect()
    if not is_over then self.err = self.client:closed_error() end
    self.stopped = self.stopped or scheduler.store_error ~= nil or self.err ~= nil
    if #self.live == 0 and (is_over or self.stopped or self.raised) then return "over" end
    return has_progress and "again" or nil
  end)
end

-- If an error is raised, nothing more is sent.
function Batch:run()
  local ok, raised = pcall(self.drive, self)
  if not ok then
    self.client.store:rollback()
    self:withdraw(true)
    pcall(self.collect, self)
    error(raised, 0)
  end
  self.client.scheduler:write_rest()
  if self.raised then error(self.raised[1], 0) end
  return self.report
end

local function check_type(method, name, value, expected)
  if value and type(value) ~= expected then
    error(("%s: %s must be a %s, not a %s"):format(method, name, expected, type(value)), 4)
  end
end

-- Raises an error at the caller of `method` if `targets` is no list of targets.
local function check_targets(method, targets)
  if type(targets) == "function" then return end
  if type(targets) ~= "table" or not errors.is_array(targets) then
    error(("%s: an array or iterator of %s is needed, not %s"):format(method,
      method == "cancel_all" and "ids or actions" or "machines",
      type(targets) == "table" and "one with holes or other keys" or "a " .. type(targets)), 4)
  end
end

-- A batch of the journal has a comment per item, if its changes have one.
local function parallel_of(method, options)
  local comment = options.comment
  if method ~= "batch" and (type(comment) ~= "string" or not comment:find "%S") then
    return errors.invalid("%s: comment is missing: say why, in a few words", method)
  end
  local parallel = options.parallel or many.options.parallel
  if type(parallel) ~= "number" or parallel < 1 or parallel % 1 ~= 0 then
    return errors.invalid("%s: parallel: '%s' is not a whole number above 0", method,
      tostring(parallel))
  end
  return parallel
end

local function lanes_of(targets, beside)
  return { { next = iterator(targets), exhausted = false, busy = 0 },
           beside and { next = beside, exhausted = false, busy = 0 } or nil }
end

-- Carries out the calls that `make(target, targets)` returns (false: none for this target). `method`
-- names the caller in errors. `group(target)`, if given, returns a key and a number: at most that
-- many consecutive targets with the same key share a call (nil: the target shares none).
-- options.beside, if given, is the iterator of the second lane. options.on_accepted, if given, gets an
-- item (mde.item) whose action was accepted and has not ended. An error of an iterator or of
-- on_item is raised after the requests in flight have ended; any other error is raised at once, and
-- requests in flight are then `unknown`. A stopped item is `unsent` or `unknown`.
function many.run(client, method, targets, options, make, group)
  check_targets(method, targets)
  check_type(method, "on_item", options.on_item, "function")
  check_type(method, "stop", options.stop, "function")
  local parallel, err = parallel_of(method, options)
  if not parallel then return nil, err end
  local began = client.clock.monotonic()
  client.readback:limit(parallel)
  local run = setmetatable({
    client = client, lanes = lanes_of(targets, options.beside),
    make = make, group = group, parallel = parallel, record = options.record or nil,
    on_item = options.on_item, on_accepted = options.on_accepted, stop = options.stop,
    live = {}, good = 0, unanswered = 0, asked = 0, caller = callers.current(),
    report = { total = 0, counts = {} },
  }, Batch)
  local report = run:run()
  if run.err then return nil, run.err end
  report.seconds = client.clock.monotonic() - began
  return report
end

return many
