-- Many cancels: ids come in from an iterator, `parallel` calls are under way, and
-- each id leaves with one verdict. Nothing that was given out is held.
--
-- A plan's batch has a second lane beside it, of what is undone: cancels and releases have
-- quotas of their own, and neither waits for the other's.

local callers = require "mde.call.coroutine"
local errors = require "mde.base.errors"

local batch = {}

local Batch = {}
Batch.__index = Batch

---@class mde.batch_options
---@field comment string why; the service keeps it with each action
---@field parallel? integer calls under way at once; default 10
---@field wait? number seconds to wait for the end of an action that was accepted; default 0
---@field record? mde.record what writes the calls down
---@field on_item? fun(item: mde.item) called with each as it ends
---@field stop? fun(): boolean|"at once"|nil asked again and again: true stops sending and waits for requests in flight, "at once" waits for nothing

---@class mde.target
---@field id string
---@field read_first? boolean it may have been sent before: it is read, and sent again only if it is still open
---@field sends? number[] when it was sent before, in seconds since 1970; empty: not known
---@field sent_ago? number how many seconds ago

-- The functions of a record run in the scheduler's commit (mde.call.scheduler). If one raises,
-- nothing is sent.
---@class mde.record
---@field sent fun(self: mde.record, call: table) before a call is sent; call.target is the item that the batch was given
---@field ended fun(self: mde.record, call: table) with call.verdict, call.value (the action), call.err

---@class mde.item
---@field id string
---@field verdict mde.verdict
---@field action? mde.action
---@field status? mde.status
---@field machine? string its name, or its id
---@field error? mde.error

---@class mde.report
---@field total integer how many were taken from what was given
---@field counts table<mde.verdict, integer>
---@field seconds number

-- The options, with their defaults.
batch.options = { comment = false, parallel = 10, wait = false, record = false, on_item = false,
                  stop = false }

-- {{ What comes in

-- An array or iterator -> function that gives one target after the other; what an
-- array has twice, once.
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

-- Whether a lane's next target could be taken: its iterator gives false if there is none yet.
-- What the iterator raises ends the batch, after what is in the air has ended.
function Batch:take(lane)
  local ok, target = pcall(lane.next)
  if not ok then return self:fail(target) end
  if not target then
    lane.exhausted = target == nil
    return false
  end
  self.report.total = self.report.total + 1
  local decided = type(target) == "table" and target.position and target or {}  -- a journal's
  local make = decided.change == "undo" and self.client.undoing or self.client.cancelling
  local call, err = make(self.client, target, decided.comment or self.comment, self.wait)
  if not call then
    self:hand_out { id = type(target) == "table" and target.id or target, verdict = "error",
                    error = err }
    return true
  end
  call.target, call.caller, call.record, call.lane = target, self.caller, self.record, lane
  self.live[#self.live + 1] = call
  self.client:add(call)
  return true
end

-- }}

-- {{ What goes out

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

-- Nothing more can go well for an application that may not sign in, or where nothing
-- can be written down.
local HOPELESS = { sign_in = true, unauthorized = true, store = true }

function Batch:conclude(call)
  if call.reported then return end
  call.reported = true
  local target = type(call.target) == "table" and call.target or {}
  local action = call.value
  local known = action or target
  self:hand_out {
    id = call.id, verdict = call.verdict, error = call.err, action = action,
    status = action and action.status, machine = known.computerDnsName or known.machineId,
  }
  if call.err and HOPELESS[call.err.code] then self.stopped = true end
end

-- -> whether anything had ended
function Batch:collect()
  local live, kept = self.live, 0
  local count = #live
  for i = 1, count do
    local call = live[i]
    if call.done then
      self:conclude(call)
    else
      kept = kept + 1
      live[kept] = call
    end
  end
  for i = kept + 1, count do live[i] = nil end
  return kept < count
end

-- }}

local MOST_ASKED = 4000  -- calls that may wait for what came of them

-- Whether one more may be under way. Those that wait to be read are not counted, but for
-- those of a plan that are read before they are sent, unless they wait for a second look:
-- that should not be long before.
function Batch:has_room(lane)
  local asked, busy = 0, 0
  for _, call in ipairs(self.live) do
    if call.question and (not call.expected or call.is_doubted) then asked = asked + 1
    elseif call.lane == lane then busy = busy + 1 end
  end
  return busy < self.parallel and asked < MOST_ASKED
end

-- Takes what there is room for. -> whether nothing more will come
function Batch:fill()
  local is_over = true
  for _, lane in ipairs(self.lanes) do
    while not (lane.exhausted or self.stopped or self.raised) and self:has_room(lane)
          and self:take(lane) do end
    is_over = is_over and lane.exhausted
  end
  return is_over or self.stopped or self.raised ~= nil
end

-- Sends nothing more; "at once" also gives up what is in the air.
function Batch:withdraw(at_once)
  for _, call in ipairs(self.live) do self.client:withdraw(call, at_once) end
end

function Batch:heed_stop()
  local wish = self.stop and self.stop()
  self.stopped = self.stopped or (wish and true or false)
  if self.stopped or self.raised then self:withdraw(wish == "at once") end
end

function Batch:loop()
  while true do
    self:heed_stop()
    local is_over = self:fill()
    local pause, seconds = self.client:step()
    local progress = self:collect()
    self.stopped = self.stopped or self.client.store_failure ~= nil
    if not is_over then self.err = self.client:closed_error() end
    self.stopped = self.stopped or self.err ~= nil
    if #self.live == 0 and (is_over or self.stopped or self.raised) then break end
    if not progress then self.client:rest(pause, seconds) end
  end
end

-- Whatever is raised, nothing more is sent afterwards.
function Batch:run()
  local ok, raised = pcall(self.loop, self)
  if not ok then
    self.client.store:rollback()
    self:withdraw(true)
    pcall(self.collect, self)
    error(raised, 0)
  end
  if self.client.unwritten[1] then  -- what ended in a pass that could not be written
    self.client.quiet_until = -math.huge
    self.client:step()
  end
  if self.raised then error(self.raised[1], 0) end
  return self.report
end

local function check_type(name, value, expected)
  if value and type(value) ~= expected then
    error(("cancel_all: %s must be a %s, not a %s"):format(name, expected, type(value)), 4)
  end
end

-- Raises, where cancel_all was called, on what is no list of targets.
local function check_targets(targets)
  if type(targets) == "function" then return end
  if type(targets) ~= "table" or not errors.is_array(targets) then
    error("cancel_all: an array or iterator of ids or actions is needed, not "
      .. (type(targets) == "table" and "one with holes or other keys" or "a " .. type(targets)), 4)
  end
end

local function check(options)
  if type(options.comment) ~= "string" or not options.comment:find "%S" then
    return errors.invalid("cancel_all: comment is missing: say why, in a few words")
  end
  local parallel = options.parallel or batch.options.parallel
  if type(parallel) ~= "number" or parallel < 1 or parallel % 1 ~= 0 then
    return errors.invalid("cancel_all: parallel: '%s' is not a whole number above 0",
      tostring(parallel))
  end
  return parallel
end

local function lanes_of(targets, beside)
  return { { next = iterator(targets), exhausted = false },
           beside and { next = beside, exhausted = false } or nil }
end

-- Client:cancel_all; options.beside may be the iterator of a second lane. What anything but an iterator or on_item raises is raised at once, and
-- what was in the air is `unknown`. An item that was stopped on its way is `unsent` or
-- `unknown`.
function batch.run(client, targets, options)
  check_targets(targets)
  check_type("on_item", options.on_item, "function")
  check_type("stop", options.stop, "function")
  local parallel, err = check(options)
  if not parallel then return nil, err end
  local began = client.clock.monotonic()
  client.verification.parallel = parallel
  local run = setmetatable({
    client = client, lanes = lanes_of(targets, options.beside),
    comment = options.comment, parallel = parallel, wait = options.wait,
    record = options.record or nil, on_item = options.on_item, stop = options.stop,
    live = {}, caller = callers.current(),
    report = { total = 0, counts = {} },
  }, Batch)
  local report = run:run()
  if run.err then return nil, run.err end
  report.seconds = client.clock.monotonic() - began
  return report
end

return batch
